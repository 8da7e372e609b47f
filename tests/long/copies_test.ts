import { copyThere } from "../boot/_copies.ts";
import { BE, bootTest, LE } from "../boot/guests.ts";

for (const guest of [BE, LE]) {
  for (const form of ["legacy", "modern"] as const) {
    bootTest(
      `Linux ${guest.name} copies 200 MB from a share to a ${form} disk and back, unchanged`,
      guest,
      (files) => copyThere(files, { megabytes: 200, form }),
    );
  }
}

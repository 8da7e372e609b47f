/**
 * Linux on four vCPUs under every owner of LPCR: one table of what a partition
 * can be, and what a guest shall find in all of it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { LPCR, MSR } from "../../cpu/state.ts";
import { LPCR_OWNERS, type LpcrOwner } from "../../machine/lpcr/owner.ts";
import { withTempFolder } from "../guests/_temp_folder.ts";
import { Boot } from "./driver.ts";
import { bootTest, VIRTIO_BE, VIRTIO_LE } from "./guests.ts";

/** What a row of the table chooses. */
const AXES = {
  accelerator: ["inline", "threads"],
  owner: Object.keys(LPCR_OWNERS) as LpcrOwner[],
  mmu: ["radix", "hash"],
  order: ["big", "little"],
  virtio: ["legacy", "modern"],
} as const;

/** One row. */
export type OwnerRow = {
  readonly [Axis in keyof typeof AXES]: (typeof AXES)[Axis][number];
};

/** Every row that there is. */
export const ALL_ROWS: readonly OwnerRow[] = Object.entries(AXES).reduce<
  Record<string, string>[]
>(
  (rows, [axis, values]) =>
    rows.flatMap((row) => values.map((value) => ({ ...row, [axis]: value }))),
  [{}],
) as OwnerRow[];

const VCPUS = 4;
const DISK_BYTES = 2 ** 20 + 512;

/** What every guest of a byte order has printed, by that order. */
const seen = new Map<string, string>();

/** Boots a row's guest and compares what it finds with every other row's. */
export function ownerTest(row: OwnerRow): void {
  const guest = row.order === "big" ? VIRTIO_BE : VIRTIO_LE;
  const name = Object.values(row).join(", ");
  bootTest(
    `Linux finds the same world on four vCPUs: ${name}`,
    guest,
    (files) =>
      withTempFolder((folder) => {
        const { devices, md5, share } = prepare(folder);
        using boot = new Boot(files, {
          cpu: "power9",
          mmu: row.mmu,
          interruptController: "xive",
          vcpus: VCPUS,
          accelerator: row.accelerator,
          lpcrOwner: row.owner,
          devices,
          virtio: { form: row.virtio },
        });
        try {
          boot.machine.start();
          boot.expect("VIRTIO-DONE");
          checkVcpus(boot, row);
          assert.equal(boot.end(), "power-off");
        } finally {
          boot.machine.virtio.close();
        }
        assert.match(boot.text, /smp: Brought up 1 node, 4 CPUs/);
        const found = worldOf(boot.text);
        assert.ok(found.includes("Hello from the host"), boot.text);
        assert.ok(found.includes(`${md5}  /dev/vda`), boot.text);
        assert.equal(found, seen.get(row.order) ?? found);
        seen.set(row.order, found);
        const written = Deno.readTextFileSync(join(share, "guest.txt"));
        assert.equal(written, "from-guest\n");
      }),
  );
}

function prepare(folder: string) {
  const share = join(folder, "share");
  Deno.mkdirSync(share);
  Deno.writeTextFileSync(join(share, "hello.txt"), "Hello from the host\n");
  const disk = Uint8Array.from({ length: DISK_BYTES }, (_, i) => i % 251);
  const path = join(folder, "disk.img");
  Deno.writeFileSync(path, disk);
  return {
    share,
    devices: [
      { kind: "p9", tag: "host0", path: share },
      { kind: "blk", path },
    ] as const,
    md5: createHash("md5").update(disk).digest("hex"),
  };
}

/** What the guest says of its devices, without what differs by itself. */
function worldOf(text: string): string {
  const [, report = ""] = /(VDEV [^]*)VIRTIO-DONE/.exec(text) ?? [];
  return report.replaceAll("\r", "")
    .replaceAll(/features=\d+/g, "features")
    .replaceAll(/[A-Z][a-z]{2} [ \d]\d \d\d:\d\d/g, "date");
}

/** Every vCPU takes interrupts in the guest's order, whoever saw to it. */
function checkVcpus({ machine }: Boot, { order, owner }: OwnerRow) {
  const { accelerator, lpcr } = machine;
  const little = order === "little";
  for (let vcpu = 0; vcpu < VCPUS; vcpu++) {
    const value = accelerator.getOneReg(vcpu, "LPCR");
    const injected = accelerator.getOneReg(vcpu, "INTR_MSR");
    assert.equal((value & LPCR.ILE) !== 0n, little, `ILE of ${vcpu}`);
    assert.equal((injected & MSR.LE) !== 0n, little, `intr_msr of ${vcpu}`);
    // Who was not told only knows of vCPUs that it has looked at.
    if (owner === "accelerator-poll") continue;
    assert.equal(lpcr.copyOf(vcpu).value, value, `copy of ${vcpu}`);
  }
  const asked = Array.from(
    { length: VCPUS },
    (_, vcpu) =>
      machine.synchronisations.of(vcpu)
        .find(({ by }) => by === "virtio device: LPCR")?.count ?? 0,
  ).reduce((sum, count) => sum + count);
  // Each of two devices is reset once at least, modern ones too.
  assert.equal(asked >= 2, owner === "accelerator-poll", `asked ${asked}`);
}

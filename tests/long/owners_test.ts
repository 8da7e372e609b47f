// The whole table of accelerators, owners, translations and byte orders.
import { ALL_ROWS, ownerTest } from "../boot/owners.ts";

for (const row of ALL_ROWS) ownerTest(row);

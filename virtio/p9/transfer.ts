/**
 * Bytes of open files, straight between host and guest memory.
 *
 * @module
 */
import { constants, fdatasyncSync, fsyncSync } from "node:fs";
import { withOpen } from "./change.ts";
import { P9Error } from "./errno.ts";
import type { Handlers } from "./handler.ts";
import { OpenFile } from "./open_file.ts";

export const transferHandlers = {
  read(share, { fid, offset, count }, transfer) {
    const file = share.fids.file(fid);
    const bytes = Math.min(count, transfer.room);
    if (!Number.isSafeInteger(offset + bytes)) {
      throw new P9Error("EOVERFLOW", `Cannot read: offset is ${offset}`);
    }
    return { data: file.read(offset, transfer.place(bytes)) };
  },

  write(share, { fid, offset, data }, transfer) {
    share.checkWritable();
    const file = share.fids.file(fid);
    if (!Number.isSafeInteger(offset + data)) {
      throw new P9Error("EFBIG", `Cannot write: offset is ${offset}`);
    }
    return { count: file.write(offset, transfer.data) };
  },

  fsync(share, { fid: number, dataOnly }) {
    const fid = share.fids.get(number);
    if (fid.open instanceof OpenFile) {
      fid.open.sync(dataOnly !== 0);
      return {};
    }
    const names = share.tree.namesOf(fid.node);
    const sync = dataOnly !== 0 ? fdatasyncSync : fsyncSync;
    withOpen(
      share.guard.open(names, constants.O_RDONLY),
      ({ descriptor }) => sync(descriptor),
    );
    return {};
  },
} satisfies Pick<Handlers, "read" | "write" | "fsync">;

/**
 * Every instruction, by chapter of the book.
 *
 * @module
 */
import { atomicMemoryOperations, copyPaste, reservations } from "./atomic.ts";
import { branches } from "./branch.ts";
import { conditionMoves, conditionRegister } from "./condition.ts";
import { decimalFacility } from "./decimal.ts";
import { fixedArithmetic } from "./fixed_arithmetic.ts";
import { fixedCompare, fixedSelect, fixedTrap } from "./fixed_compare.ts";
import {
  decimalAssist,
  fixedLogical,
  programPriority,
} from "./fixed_logical.ts";
import { fixedRotate } from "./fixed_rotate.ts";
import { floatFacility } from "./float.ts";
import {
  fixedCachingInhibited,
  fixedLoads,
  fixedQuadword,
  fixedReversed,
  fixedStores,
} from "./load_store.ts";
import { fixedMultiple, fixedString } from "./load_store_string.ts";
import { slbManagement } from "./lookaside.ts";
import { tlbManagement } from "./lookaside_tlb.ts";
import type { Chapter, Instruction } from "./row.ts";
import { sprMoves } from "./spr_move.ts";
import { cacheManagement, synchronization } from "./storage_control.ts";
import {
  attention,
  msrMoves,
  powerSavingMode,
  systemLinkage,
} from "./system.ts";
import {
  branchHistory,
  eventBasedBranches,
  transactionalMemory,
} from "./system_facilities.ts";
import { processorControl } from "./system_message.ts";
import { vectorFacility } from "./vector.ts";
import { vectorScalarExtension } from "./vsx.ts";

/** The chapters in the order of the book. */
export const CHAPTERS: readonly Chapter[] = [
  branches,
  conditionRegister,
  fixedLoads,
  fixedStores,
  fixedQuadword,
  fixedReversed,
  fixedMultiple,
  fixedString,
  fixedArithmetic,
  fixedCompare,
  fixedTrap,
  fixedSelect,
  fixedLogical,
  fixedRotate,
  decimalAssist,
  conditionMoves,
  programPriority,
  ...floatFacility,
  ...decimalFacility,
  ...vectorFacility,
  ...vectorScalarExtension,
  cacheManagement,
  copyPaste,
  atomicMemoryOperations,
  reservations,
  synchronization,
  transactionalMemory,
  eventBasedBranches,
  branchHistory,
  systemLinkage,
  powerSavingMode,
  fixedCachingInhibited,
  msrMoves,
  sprMoves,
  slbManagement,
  tlbManagement,
  processorControl,
  attention,
];

/** All rows of all chapters. */
export const ISA: readonly Instruction[] = CHAPTERS.flatMap(({ rows }) => rows);

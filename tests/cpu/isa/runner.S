/*
 * Carries out single instructions, for record_results.ts: a bare program for a
 * pseries machine, started big-endian in real mode at 0x100 with its records
 * from 0x10000 on. It prints them when it is done.
 *
 * A record: the word; 1 for 64-bit mode, afterwards 4 if it trapped; 32 GPRs;
 * CR, XER, CTR, LR, TAR; afterwards all ones if it branched.
 */
#define RECORDS 0x10000
#define RECORD_BYTES 312
#define SLOT 0x3000
#define H_PUT_TERM_CHAR 0x58

        .section .text
        . = 0x100
        b       start

/* Traps and illegal instructions: note it, go on behind the slot. */
        . = 0x700
        mtsprg  1, 31
        mfsprg  31, 0
        std     30, 0x3f00(0)
        li      30, 4
        stw     30, 4(31)
        li      30, SLOT + 4
        mtsrr0  30
        ld      30, 0x3f00(0)
        mfsprg  31, 1
        rfid

        . = 0x1000
start:
        lis     28, RECORDS@h
        lwz     29, 0(28)               /* count, then 4 bytes unused */
        addi    27, 28, 8               /* record */
next:   cmpwi   29, 0
        beq     print
        mtsprg  0, 27
        lwz     3, 0(27)
        li      4, SLOT
        stw     3, 0(4)
        dcbst   0, 4
        sync
        icbi    0, 4
        isync
        std     27, 0x3f10(0)
        std     28, 0x3f18(0)
        std     29, 0x3f20(0)
        mfmsr   3
        mtsprg  3, 3
        lwz     5, 4(27)
        rotldi  3, 3, 1
        rldimi  3, 5, 0, 63             /* MSR[SF] */
        rotrdi  3, 3, 1
        mtsprg  2, 3
        li      5, 0
        stw     5, 4(27)
        mr      31, 27
        ld      0, 264(31)
        mtcr    0
        ld      0, 272(31)
        mtxer   0
        ld      0, 280(31)
        mtctr   0
        ld      0, 288(31)
        mtlr    0
        ld      0, 296(31)
        mtspr   815, 0
        .set    n, 0
        .rept   31
        ld      n, 8 + 8 * n(31)
        .set    n, n + 1
        .endr
        std     30, 0x3f28(0)
        mfsprg  30, 2
        ld      31, 8 + 8 * 31(31)
        mtmsrd  30
        isync
        ld      30, 0x3f28(0)
        b       slot

        . = SLOT
slot:   nop
        b       1f
        mtsprg  1, 31
        li      31, -1
        b       2f
1:      mtsprg  1, 31
        li      31, 0
2:      std     31, 0x3f30(0)
        mfsprg  31, 3
        mtmsrd  31
        isync
        mfsprg  31, 0
        .set    n, 0
        .rept   31
        std     n, 8 + 8 * n(31)
        .set    n, n + 1
        .endr
        mfsprg  0, 1
        std     0, 8 + 8 * 31(31)
        mfcr    0
        std     0, 264(31)
        mfxer   0
        std     0, 272(31)
        mfctr   0
        std     0, 280(31)
        mflr    0
        std     0, 288(31)
        ld      0, 0x3f30(0)
        std     0, 304(31)
        ld      27, 0x3f10(0)
        ld      28, 0x3f18(0)
        ld      29, 0x3f20(0)
        addi    27, 27, RECORD_BYTES
        addi    29, 29, -1
        b       next

/* Eight bytes a call, from the first record to the last. */
print:  addi    28, 28, 8
        cmpd    28, 27
        bge     .
again:  li      3, H_PUT_TERM_CHAR
        li      4, 0
        li      5, 8
        ld      6, 0(28)
        sc      1
        cmpdi   3, 0
        bne     again
        b       print

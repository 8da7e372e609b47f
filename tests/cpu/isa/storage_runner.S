/*
 * Carries out one or two instructions after each other under a given MSR, for
 * record_storage.ts: a bare program for a pseries machine, started big-endian
 * in real mode at 0x100 with its records from 0x10000 on. It prints them when
 * it is done.
 *
 * A record: two words; MSR; 32 GPRs; CR, XER, LR, CTR; 256 bytes of storage;
 * afterwards vector, SRR0, SRR1, DAR, DSISR, FSCR.
 *
 * The words stand in front of `sc`, so that each record ends in an interrupt.
 * The first 64 KiB are mapped as they are, for problem state.
 */
#define RECORDS 0x10000
#define RECORD_BYTES 608
#define SLOT 0x3000
#define BUFFER 0x7000
#define BUFFER_WORDS 32

#define CODE 0
#define STATE_MSR 8
#define STATE_GPR 16
#define STATE_CR 272
#define STATE_XER 280
#define STATE_LR 288
#define STATE_CTR 296
#define STORAGE 304
#define VECTOR 560
#define OUT_SRR0 568
#define OUT_SRR1 576
#define OUT_DAR 584
#define OUT_DSISR 592
#define OUT_FSCR 600

#define SC 0x44000002
#define H_ENTER 0x08
#define H_PUT_TERM_CHAR 0x58
#define PAGES 16

        .section .text
        . = 0x100
        b       start

        .macro  handler vector
        . = \vector
        mtsprg  1, 31
        mfsprg  31, 0
        std     30, STATE_GPR + 8 * 30(31)
        li      30, \vector
        b       finish
        .endm

        handler 0x300
        handler 0x380
        handler 0x400
        handler 0x480
        handler 0x600
        handler 0x700
        handler 0x800
        handler 0xc00
        handler 0xd00
        handler 0xe40
        handler 0xf20
        handler 0xf40
        handler 0xf60
        handler 0xf80

        . = 0x1000
start:
        mfmsr   3
        li      4, 1
        rldimi  3, 4, 63, 0             /* MSR[SF] */
        mtmsrd  3
        isync
        lis     4, 0x800                /* ESID 0, V; entry 0 */
        li      5, 0
        slbmte  5, 4
        isync
        li      25, 0
map:    li      3, H_ENTER
        li      4, 0
        sldi    5, 25, 3                /* group of the page's hash */
        li      6, 1
        sldi    7, 25, 12
        ori     7, 7, 0x12              /* M, read and write */
        sc      1
        addi    25, 25, 1
        cmpwi   25, PAGES
        blt     map

        lis     28, RECORDS@h
        lwz     29, 0(28)               /* count, then 4 bytes unused */
        addi    27, 28, 8
        std     28, 0x3f18(0)
next:   cmpwi   29, 0
        beq     print
        std     27, 0x3f10(0)
        std     29, 0x3f20(0)
        mtsprg  0, 27
        ld      3, STATE_MSR(27)
        lis     4, SC@h
        ori     4, 4, SC@l
        lwz     5, CODE(27)
        lwz     6, CODE + 4(27)
        li      7, SLOT
        li      8, 4
        li      9, 8
        andi.   10, 3, 1
        bne     1f
        stw     5, 0(7)
        stwx    6, 7, 8
        stwx    4, 7, 9
        b       2f
1:      stwbrx  5, 0, 7
        stwbrx  6, 7, 8
        stwbrx  4, 7, 9
2:      dcbst   0, 7
        sync
        icbi    0, 7
        isync
        li      4, BUFFER_WORDS
        mtctr   4
        li      4, BUFFER - 8
        addi    5, 27, STORAGE - 8
3:      ldu     6, 8(5)
        stdu    6, 8(4)
        bdnz    3b
        mtsrr1  3
        mtsrr0  7
        lis     4, 0x7fff               /* no decrementer in problem state */
        mtdec   4
        li      4, 0
        mtdar   4
        mtdsisr 4
        ld      4, STATE_CR(27)
        mtcr    4
        ld      4, STATE_XER(27)
        mtxer   4
        ld      4, STATE_LR(27)
        mtlr    4
        ld      4, STATE_CTR(27)
        mtctr   4
        mr      31, 27
        .set    n, 0
        .rept   31
        ld      n, STATE_GPR + 8 * n(31)
        .set    n, n + 1
        .endr
        ld      31, STATE_GPR + 8 * 31(31)
        rfid

finish: std     30, VECTOR(31)
        .set    n, 0
        .rept   30
        std     n, STATE_GPR + 8 * n(31)
        .set    n, n + 1
        .endr
        mfsprg  0, 1
        std     0, STATE_GPR + 8 * 31(31)
        mfcr    0
        std     0, STATE_CR(31)
        mfxer   0
        std     0, STATE_XER(31)
        mflr    0
        std     0, STATE_LR(31)
        mfctr   0
        std     0, STATE_CTR(31)
        mfsrr0  0
        std     0, OUT_SRR0(31)
        mfsrr1  0
        std     0, OUT_SRR1(31)
        mfdar   0
        std     0, OUT_DAR(31)
        mfdsisr 0
        std     0, OUT_DSISR(31)
        mfspr   0, 153
        std     0, OUT_FSCR(31)
        li      4, BUFFER_WORDS
        mtctr   4
        li      4, BUFFER - 8
        addi    5, 31, STORAGE - 8
4:      ldu     6, 8(4)
        stdu    6, 8(5)
        bdnz    4b
        ld      27, 0x3f10(0)
        ld      29, 0x3f20(0)
        addi    27, 27, RECORD_BYTES
        addi    29, 29, -1
        b       next

/* Eight bytes a call, from the first record to the last. */
print:  ld      28, 0x3f18(0)
5:      addi    28, 28, 8
        cmpd    28, 27
        bge     .
again:  li      3, H_PUT_TERM_CHAR
        li      4, 0
        li      5, 8
        ld      6, 0(28)
        sc      1
        cmpdi   3, 0
        bne     again
        b       5b

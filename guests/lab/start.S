/*
 * Entry, interrupts, and the way from one byte order to the other. Assembled for both images.
 */
#include "lab.h"

        .abiversion 2
        .machine power8

/* Absolute addresses fit in 31 bits, wherever the loader put us. */
#define LOAD_ADDRESS(reg, symbol) lis reg, (symbol)@ha; addi reg, reg, (symbol)@l

        .section .head, "ax"

#ifndef __LITTLE_ENDIAN__
/*
 * Entry, as Linux is entered with a flattened device tree (Linux, Documentation/powerpc/
 * booting.rst): r3 = tree, r4 = where the kernel is, r5 = 0 or the Open Firmware entry point;
 * translation off. Anywhere in memory: the image moves itself to BIG_BASE, clear of the vectors.
 */
        .globl  _start
_start:
        mfmsr   %r6                     /* to be checked */
        li      %r8, 1                  /* some firmware enters in 32-bit mode */
        rldicr  %r8, %r8, 63, 0
        or      %r8, %r8, %r6
        mtmsrd  %r8
        isync
        bcl     20, 31, 1f
1:      mflr    %r7
        addi    %r7, %r7, _start - 1b   /* where we were loaded */
        LOAD_ADDRESS(%r9, _start)
        LOAD_ADDRESS(%r10, image_doublewords)
        mtctr   %r10
        addi    %r11, %r7, -8
        addi    %r12, %r9, -8
2:      ldu     %r0, 8(%r11)
        stdu    %r0, 8(%r12)
        dcbst   0, %r12
        sync
        icbi    0, %r12
        bdnz    2b
        sync
        isync
        LOAD_ADDRESS(%r12, 3f)
        mtctr   %r12
        bctr
3:      LOAD_ADDRESS(%r2, .TOC.)
        LOAD_ADDRESS(%r1, STACK_TOP - 128)
        li      %r0, 0
        std     %r0, 0(%r1)             /* end of the back chain */
        bl      big_main
        b       .

#else
/*
 * Entry from enter_little_endian: r3 = action, r4 = tally, r5 = where to return to in the other
 * order. The stack goes on: it is only bytes.
 */
        .globl  _start
_start:
        b       little_start
#endif

/*
 * Copied to every vector. LR then tells which vector it was.
 */
        .org    _start + 0x100 * (1 - OUR_MSR_LE) + 0x20 * OUR_MSR_LE
        .globl  vector_stub
vector_stub:
        mtsprg  0, %r3
        mflr    %r3
        mtsprg  1, %r3
        bla     interrupt_entry
vector_stub_end:

        .text

/* void install_vectors(const void *stub) */
        .globl  install_vectors
install_vectors:
        ld      %r4, 0(%r3)
        ld      %r5, 8(%r3)
        li      %r6, 0x100
        li      %r7, (0x2000 - 0x100) / 0x20
        mtctr   %r7
1:      std     %r4, 0(%r6)
        std     %r5, 8(%r6)
        dcbst   0, %r6
        sync
        icbi    0, %r6
        addi    %r6, %r6, 0x20
        bdnz    1b
        sync
        isync
        blr

/*
 * From every vector. Keeps what a C function may change below the interrupted stack's protected
 * zone (ELF V2 ABI, The Stack Frame), calls interrupt(struct frame *), and goes back.
 */
interrupt_entry:
        stdu    %r1, -(512 + 32 + FRAME_SIZE + 8)(%r1)
        std     %r0, 32(%r1)
        std     %r2, 32 + 8 * 2(%r1)
        .irp    n, 4, 5, 6, 7, 8, 9, 10, 11, 12
        std     %r\n, 32 + 8 * \n(%r1)
        .endr
        mfsprg  %r4, 0
        std     %r4, 32 + 8 * 3(%r1)
        mfsprg  %r4, 1
        std     %r4, 32 + 8 * 13(%r1)
        mfctr   %r4
        std     %r4, 32 + 8 * 14(%r1)
        mfxer   %r4
        std     %r4, 32 + 8 * 15(%r1)
        mfcr    %r4
        std     %r4, 32 + 8 * 16(%r1)
        mflr    %r4
        addi    %r4, %r4, -(vector_stub_end - vector_stub)
        std     %r4, 32 + 8 * 17(%r1)
        mfmsr   %r4
        std     %r4, 32 + 8 * 18(%r1)
        mfsrr0  %r4
        std     %r4, 32 + 8 * 19(%r1)
        mfsrr1  %r4
        std     %r4, 32 + 8 * 20(%r1)
        LOAD_ADDRESS(%r2, .TOC.)
        addi    %r3, %r1, 32
        bl      interrupt
        ld      %r4, 32 + 8 * 20(%r1)
        mtsrr1  %r4
        ld      %r4, 32 + 8 * 19(%r1)
        mtsrr0  %r4
        ld      %r4, 32 + 8 * 16(%r1)
        mtcr    %r4
        ld      %r4, 32 + 8 * 15(%r1)
        mtxer   %r4
        ld      %r4, 32 + 8 * 14(%r1)
        mtctr   %r4
        ld      %r4, 32 + 8 * 13(%r1)
        mtlr    %r4
        .irp    n, 0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
        ld      %r\n, 32 + 8 * \n(%r1)
        .endr
        ld      %r1, 0(%r1)
        rfid

#ifndef __LITTLE_ENDIAN__
/*
 * u64 enter_little_endian(u64 action, u64 tally)
 *
 * Only rfid and its kin change MSR[LE] together with the address (Book III, System Linkage
 * Instructions).
 */
        .globl  enter_little_endian
enter_little_endian:
        mflr    %r0
        std     %r0, 16(%r1)
        std     %r2, 24(%r1)
        LOAD_ADDRESS(%r5, 1f)
        LOAD_ADDRESS(%r6, LITTLE_ENTRY)
        mtsrr0  %r6
        mfmsr   %r7
        ori     %r7, %r7, 1
        mtsrr1  %r7
        rfid
1:      ld      %r2, 24(%r1)
        ld      %r0, 16(%r1)
        mtlr    %r0
        blr

/*
 * void call_rtas(u32 *block, u64 base, u64 entry)
 *
 * Big-endian, translation off (PAPR, Calling RTAS).
 */
        .globl  call_rtas
call_rtas:
        mflr    %r0
        std     %r0, 16(%r1)
        mfcr    %r0
        stw     %r0, 8(%r1)
        stdu    %r1, -32(%r1)
        std     %r2, 24(%r1)
        mtctr   %r5
        bctrl
        ld      %r2, 24(%r1)
        addi    %r1, %r1, 32
        lwz     %r0, 8(%r1)
        mtcr    %r0
        ld      %r0, 16(%r1)
        mtlr    %r0
        blr

        .section .little, "a"
        .incbin "little.bin"

#else
little_start:
        li      %r6, RECORD_ADDRESS + 0x100
        std     %r1, 0(%r6)
        std     %r5, 8(%r6)
        stdu    %r1, -128(%r1)
        LOAD_ADDRESS(%r2, .TOC.)
        bl      little_main

/* void leave_little_endian(u64 tally): back to where the last entry came from, from any depth. */
        .globl  leave_little_endian
leave_little_endian:
        li      %r6, RECORD_ADDRESS + 0x100
        ld      %r1, 0(%r6)
        ld      %r5, 8(%r6)
        mtsrr0  %r5
        mfmsr   %r7
        rldicr  %r7, %r7, 0, 62         /* MSR[LE] off */
        mtsrr1  %r7
        rfid
#endif

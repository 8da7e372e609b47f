/*
 * The image as an ELF file with the addresses of a Linux kernel. It is entered at its first byte,
 * and moves itself to where it is linked for.
 */
        .abiversion 2
        .text
        .globl  _start
_start:
        .incbin "lab.bin"

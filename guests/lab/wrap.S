/*
 * The image as an ELF file with the addresses of a Linux kernel. It is entered at its first byte,
 * and moves itself to where it is linked for.
 */
#include "lab.h"

        .abiversion 2
        .text
        .globl  _start
_start:
        .incbin "lab.bin"

/*
 * The room below STACK_TOP is ours even when we are loaded at 0: a loader that goes by the
 * segment's size must not put the device tree there.
 */
        .bss
        .space  STACK_TOP

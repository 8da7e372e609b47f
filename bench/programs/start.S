# Entry of a static program (64-bit ELF V2 ABI): R1 points at the argument
# count, behind which the arguments lie; R12 holds this address.

	.abiversion 2
	.section .text.start, "ax"
	.globl _start
_start:
	addis	2, 12, (.TOC. - _start)@ha
	addi	2, 2, (.TOC. - _start)@l
	ld	3, 0(1)
	addi	4, 1, 8
	clrrdi	1, 1, 4
	li	0, 0
	stdu	0, -96(1)
	bl	run
	nop
	# run() does not come back.
	trap

# Carries out single instructions for the golden vectors, under Linux.
#
# Reads records from standard input and writes each back as the instruction
# has left it. A record, in the byte order of the program:
#     0  instruction word, 12 bytes of nothing
#    16  CR, VSCR, FPSCR, 0: a doubleword each
#    48  GPR 4 to 11
#   112  VSR 0 to 63, two doublewords each
#  1136  128 bytes of storage, into which GPR 8 to 11 point when they are
#        given as offsets with bit 63 set in the record
# Ends with status 0 at the end of input.
	.equ	RECORD, 1264
	.equ	STORAGE, 1136

	.abiversion 2
	.text
	.globl	_start
_start:
	bcl	20,31,here
here:	mflr	31
	addis	31,31,(record-here)@ha
	addi	31,31,(record-here)@l
next:
	li	29,0
read:	li	0,3
	li	3,0
	add	4,31,29
	li	5,RECORD
	subf	5,29,5
	sc
	bso	bad
	cmpdi	3,0
	beq	end
	add	29,29,3
	cmpdi	29,RECORD
	blt	read

	addi	28,31,STORAGE
	addi	30,31,48+32
	li	3,4
	mtctr	3
base:	ld	4,0(30)
	cmpdi	4,0
	bge	keep
	rldicl	4,4,0,1
	add	4,4,28
keep:	std	4,0(30)
	addi	30,30,8
	bdnz	base

	bcl	20,31,there
there:	mflr	30
	addi	30,30,insn-there
	lwz	3,0(31)
	stw	3,0(30)
	dcbst	0,30
	sync
	icbi	0,30
	isync

	li	3,24
	lxvd2x	32,31,3
	xxspltd	32,32,0
	mtvscr	0
	lfd	0,32(31)
	mtfsf	255,0,1,0
	ld	3,16(31)
	mtcr	3
	addi	30,31,112
	.set	n,0
	.rept	64
	lxvd2x	n,0,30
	addi	30,30,16
	.set	n,n+1
	.endr
	.set	n,4
	.rept	8
	ld	n,48-32+8*n(31)
	.set	n,n+1
	.endr
insn:	nop
	.set	n,4
	.rept	8
	std	n,48-32+8*n(31)
	.set	n,n+1
	.endr
	mfcr	3
	std	3,16(31)
	addi	30,31,112
	.set	n,0
	.rept	64
	stxvd2x	n,0,30
	addi	30,30,16
	.set	n,n+1
	.endr
	mffs	0
	stfd	0,32(31)
	mfvscr	0
	xxpermdi 32,32,32,2
	li	3,24
	stxsdx	32,31,3

	li	29,0
write:	li	0,4
	li	3,1
	add	4,31,29
	li	5,RECORD
	subf	5,29,5
	sc
	bso	bad
	add	29,29,3
	cmpdi	29,RECORD
	blt	write
	b	next

end:	li	3,0
	b	leave
bad:	li	3,1
leave:	li	0,1
	sc

	.data
	.balign	4096
record:	.space	RECORD + 4096

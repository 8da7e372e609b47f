/*
 * Carries out single instructions in user mode, for record_results.ts: reads
 * records from standard input, writes them back with the registers changed.
 * r1, r2 and r13 belong to the C library and keep its values.
 */
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <ucontext.h>
#include <unistd.h>

struct record {
  uint32_t word;
  uint32_t signal;
  uint64_t gpr[32];
  uint64_t cr, xer, ctr, lr, tar, taken;
};

static struct record records[1 << 15];
struct record *current;

void enter(void);
extern uint32_t slot[];

/*
 * The slot has a page of its own, so that nothing else is translated anew.
 * Behind it: where an instruction goes on, and where a branch may lead.
 */
__asm__(
  ".section .slot,\"awx\",@progbits\n"
  ".globl slot, not_taken\n"
  "slot: nop\n"
  "not_taken: b 1f\n"
  "b 2f\n"
  ".balign 65536\n"
  ".globl enter\n"
  ".type enter, @function\n"
  "enter:\n"
  "mflr 0; std 0, 16(1); stdu 1, -512(1)\n"
  ".set n, 14\n"
  ".rept 18; std n, 64+8*n(1); .set n, n+1; .endr\n"
  "mfcr 0; std 0, 48(1)\n"
  "lis 31, current@h; ori 31, 31, current@l; ld 31, 0(31)\n"
  "ld 0, 264(31); mtcr 0\n"
  "ld 0, 272(31); mtxer 0\n"
  "ld 0, 280(31); mtctr 0\n"
  "ld 0, 288(31); mtlr 0\n"
  "ld 0, 296(31); mtspr 815, 0\n"
  "ld 0, 8(31)\n"
  ".set n, 3\n"
  ".rept 10; ld n, 8+8*n(31); .set n, n+1; .endr\n"
  ".set n, 14\n"
  ".rept 18; ld n, 8+8*n(31); .set n, n+1; .endr\n"
  "b slot\n"
  "1: xxlxor 62, 62, 62; b 3f\n"
  "2: xxleqv 62, 62, 62\n"
  "3: mtvsrd 63, 31\n"
  "lis 31, current@h; ori 31, 31, current@l; ld 31, 0(31)\n"
  "std 0, 8(31)\n"
  ".set n, 3\n"
  ".rept 10; std n, 8+8*n(31); .set n, n+1; .endr\n"
  ".set n, 14\n"
  ".rept 17; std n, 8+8*n(31); .set n, n+1; .endr\n"
  "mfvsrd 0, 63; std 0, 8+8*31(31)\n"
  "mfcr 0; std 0, 264(31)\n"
  "mfxer 0; std 0, 272(31)\n"
  "mfctr 0; std 0, 280(31)\n"
  "mflr 0; std 0, 288(31)\n"
  "mfspr 0, 815; std 0, 296(31)\n"
  "mfvsrd 0, 62; std 0, 304(31)\n"
  ".set n, 14\n"
  ".rept 18; ld n, 64+8*n(1); .set n, n+1; .endr\n"
  "ld 0, 48(1); mtcr 0\n"
  "addi 1, 1, 512; ld 0, 16(1); mtlr 0; blr\n"
  ".size enter, . - enter\n"
  ".previous\n");

extern uint32_t not_taken[];

static void on_signal(int number, siginfo_t *info, void *context) {
  (void)info;
  current->signal = number;
  ((ucontext_t *)context)->uc_mcontext.regs->nip = (uintptr_t)not_taken;
}

static void transfer(int out, int fd, char *bytes, size_t size) {
  while (size > 0) {
    ssize_t n = out ? write(fd, bytes, size) : read(fd, bytes, size);
    if (n <= 0) exit(1);
    bytes += n;
    size -= n;
  }
}

int main(void) {
  uint32_t count;
  struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
  sigaction(SIGILL, &action, 0);
  sigaction(SIGTRAP, &action, 0);
  transfer(0, 0, (char *)&count, sizeof count);
  if (count > sizeof records / sizeof *records) return 1;
  transfer(0, 0, (char *)records, count * sizeof *records);
  for (uint32_t i = 0; i < count; i++) {
    current = &records[i];
    slot[0] = current->word;
    __asm__ volatile("dcbst 0,%0; sync; icbi 0,%0; isync" ::"r"(slot) : "memory");
    enter();
  }
  transfer(1, 1, (char *)records, count * sizeof *records);
  return 0;
}

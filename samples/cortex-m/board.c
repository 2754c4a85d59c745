/* What a Cortex-M needs beside a model: vectors, a reset handler, a clock, and newlib's way out
 * through semihosting (a debugger or QEMU prints and ends the program). A product has all of this
 * already; the library of a model needs none of it.
 *
 * The clock: under `qemu -icount shift=0` an instruction takes a nanosecond of virtual time, and the
 * SysTick timer, at CLOCK_HZ, counts that. tinycc_rt_microseconds() then says instructions. */
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "tinycc_rt.h"

#define SYS_WRITE0 0x04u
#define SYS_EXIT_EXTENDED 0x20u
#define APPLICATION_EXIT 0x20026u

#define REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))
#define SYSTICK_CONTROL REGISTER(0xE000E010u)
#define SYSTICK_RELOAD REGISTER(0xE000E014u)
#define SYSTICK_NOW REGISTER(0xE000E018u)
#define COPROCESSORS REGISTER(0xE000ED88u)
#define SYSTICK_TURN 0x1000000u

extern uint8_t board_stack_top[], board_heap[], board_heap_end[]; /* board.ld */
int main(void);
void board_reset(void);
void board_fault(void);
void board_systick(void);

typedef void (*handler)(void);
typedef struct {
    uint8_t *stack;
    handler handlers[15];
} vector_table;

const vector_table board_vectors __attribute__((used, section(".vectors"))) = {
    board_stack_top,
    {board_reset, board_fault, board_fault, board_fault, board_fault, board_fault, NULL, NULL, NULL,
     NULL, board_fault, board_fault, NULL, board_fault, board_systick},
};

static volatile uint32_t turns;

static uint32_t semihost(uint32_t what, const void *about)
{
    register uint32_t r0 __asm__("r0") = what;
    register const void *r1 __asm__("r1") = about;

    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

void _exit(int status)
{
    const uint32_t block[2] = {APPLICATION_EXIT, (uint32_t)status};

    (void)semihost(SYS_EXIT_EXTENDED, block);
    for (;;) {
    }
}

void board_systick(void) { ++turns; }
void board_fault(void) { _exit(99); }

void board_reset(void)
{
    COPROCESSORS |= 0xFu << 20; /* the FPU, also Helium */
    __asm__ volatile("dsb\n\tisb");
    SYSTICK_RELOAD = SYSTICK_TURN - 1u;
    SYSTICK_NOW = 0u;
    SYSTICK_CONTROL = 7u;
    _exit(main());
}

/* Nanoseconds of virtual time are instructions. */
double tinycc_rt_microseconds(void)
{
    uint32_t before = 0;
    uint32_t now = 0;

    do {
        before = turns;
        now = SYSTICK_NOW;
    } while (before != turns);
    return (((double)before * SYSTICK_TURN) + (double)(SYSTICK_TURN - now)) *
           (1e9 / (double)CLOCK_HZ);
}

/* ---- newlib: printing, and memory for it ---- */

int _write(int file, const char *from, int count);
int _write(int file, const char *from, int count)
{
    char text[65];
    int done = 0;

    (void)file;
    while (done < count) {
        size_t n = 0;
        while ((n < (sizeof text - 1u)) && (done < count)) {
            text[n] = from[done];
            ++n;
            ++done;
        }
        text[n] = '\0';
        (void)semihost(SYS_WRITE0, text);
    }
    return count;
}

void *_sbrk(ptrdiff_t more);
void *_sbrk(ptrdiff_t more)
{
    static uint8_t *end = board_heap;
    uint8_t *const old = end;

    if (more > (board_heap_end - end)) {
        return (void *)-1;
    }
    end += more;
    return old;
}

int _read(int file, char *to, int count);
int _read(int file, char *to, int count) { return (void)file, (void)to, (void)count, 0; }
int _close(int file);
int _close(int file) { return (void)file, -1; }
int _lseek(int file, int offset, int from);
int _lseek(int file, int offset, int from) { return (void)file, (void)offset, (void)from, 0; }
int _isatty(int file);
int _isatty(int file) { return (void)file, 1; }
int _fstat(int file, struct stat *about);
int _fstat(int file, struct stat *about)
{
    (void)file;
    about->st_mode = S_IFCHR;
    return 0;
}
int _kill(int process, int signal);
int _kill(int process, int signal) { return (void)process, (void)signal, -1; }
int _getpid(void);
int _getpid(void) { return 1; }

/* Where the parts of the arena come to lie, with EXTRA=,memories=tcm:32k+sram:256k: sections of board.ld,
 * by names of memories. What has none lies among the other variables. */
#define NET_ARENA_TCM_SECTION __attribute__((section(".bss.tcm")))

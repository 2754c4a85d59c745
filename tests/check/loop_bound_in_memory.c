/* expect: loop-bound at 9 */
/* options: symbolic */
/* The store may change the bound: to be copied into a const variable before the loop. */
typedef struct {
    int length;
    int at[16];
} t_text;
void t_run(t_text *x);
void t_run(t_text *x) { for (int i = 0; i < x->length; ++i) { x->at[i] = 99; } }

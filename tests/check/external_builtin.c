/* expect: external at 7 */
/* A builtin that becomes a call of the C library, where the processor has no instruction. */
float t_run(float x);

float t_run(float x)
{
    return __builtin_expf(x) + (float)__builtin_popcount(7u);
}

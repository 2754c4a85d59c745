/* expect: nothing */
/* options: gnu */
typedef float t_f32x8 __attribute__((vector_size(32), aligned(32)));
typedef int t_i32x8 __attribute__((vector_size(32), aligned(32)));

void t_run(const t_f32x8 *restrict in, t_f32x8 *restrict out);

void t_run(const t_f32x8 *restrict in, t_f32x8 *restrict out)
{
    const t_f32x8 zero = {0.0f};

    for (int i = 0; i < 16; ++i) {
        const t_f32x8 sum = in[i] + (in[i][0] * in[i]);
        out[i] = (t_f32x8)((t_i32x8)sum & (sum > zero));
    }
}

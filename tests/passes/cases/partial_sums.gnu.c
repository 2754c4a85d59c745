/*
 * lanes k 4 8; vectorize kl 8; vectorize ki 8; unroll klo kio
 */
static void partial_sums_copy_s(const partial_sums_x *restrict x, const partial_sums_y *restrict y,
                                partial_sums_s *restrict s)
{
    for (int32_t i = 0; i < 3; ++i) {
        float sum = 0.0f;
        partial_sums_f_f32x8 sum_part[4];
#pragma GCC unroll 4
        for (int32_t klo = 0; klo < 4; ++klo) {
            sum_part[klo] = PARTIAL_SUMS_F_SPLAT_f32x8(0.0f);
        }
        for (int32_t ko = 0; ko < 3; ++ko) {
#pragma GCC unroll 4
            for (int32_t kio = 0; kio < 4; ++kio) {
                sum_part[kio] += PARTIAL_SUMS_F_AT_f32x8(x->at[i][(ko * 32) + (kio * 8)]) *
                                 PARTIAL_SUMS_F_AT_f32x8(y->at[(ko * 32) + (kio * 8)]);
            }
        }
        sum_part[0] = sum_part[0] + sum_part[2] + (sum_part[1] + sum_part[3]);
        sum += partial_sums_f_sum_f32x8(&sum_part[0]);
        s->at[i] = sum;
    }
}

/*
 * lanes k 1 8; vectorize kl 8; vectorize ki 8 | tile j 8; order i jo ji; vectorize ji 8 | lanes k 1
 * 8; vectorize kl 8; vectorize ki 8 | tile j 8; order i jo ji; vectorize ji 8 | tile i 2; register
 * ii; unroll ii
 */
static void softmax_copy_t4(const softmax_x *restrict x, softmax_y *restrict y)
{
    for (int32_t io = 0; io < 3; ++io) {
        float total[2];
        float row[2][40] __attribute__((aligned(32)));
        float most[2];
        float largest[2];
#pragma GCC unroll 2
        for (int32_t ii = 0; ii < 2; ++ii) {
            largest[ii] = -INFINITY;
        }
        softmax_f_f32x8 largest_part[2];
#pragma GCC unroll 2
        for (int32_t ii = 0; ii < 2; ++ii) {
            largest_part[ii] = SOFTMAX_F_SPLAT_f32x8(-INFINITY);
        }
        for (int32_t ko = 0; ko < 5; ++ko) {
#pragma GCC unroll 2
            for (int32_t ii = 0; ii < 2; ++ii) {
                const softmax_f_f32x8 v = SOFTMAX_F_AT_f32x8(x->at[(io * 2) + ii][ko * 8]);
                largest_part[ii] = SOFTMAX_F_MAX_f32x8(largest_part[ii], v);
            }
        }
#pragma GCC unroll 2
        for (int32_t ii = 0; ii < 2; ++ii) {
            const float v = softmax_f_largest_f32x8(&largest_part[ii]);
            largest[ii] = (largest[ii] < v) ? v : largest[ii];
        }
#pragma GCC unroll 2
        for (int32_t ii = 0; ii < 2; ++ii) {
            most[ii] = -largest[ii];
        }
        for (int32_t jo = 0; jo < 5; ++jo) {
#pragma GCC unroll 2
            for (int32_t ii = 0; ii < 2; ++ii) {
                softmax_f_f32x8 v = SOFTMAX_F_AT_f32x8(x->at[(io * 2) + ii][jo * 8]) + most[ii];
                softmax_f_exp_f32x8(&v);
                SOFTMAX_F_PUT_f32x8(row[ii][jo * 8]) = v;
            }
        }
        float sum[2];
#pragma GCC unroll 2
        for (int32_t ii = 0; ii < 2; ++ii) {
            sum[ii] = 0.0f;
        }
        softmax_f_f32x8 sum_part[2];
#pragma GCC unroll 2
        for (int32_t ii = 0; ii < 2; ++ii) {
            sum_part[ii] = SOFTMAX_F_SPLAT_f32x8(0.0f);
        }
        for (int32_t ko = 0; ko < 5; ++ko) {
#pragma GCC unroll 2
            for (int32_t ii = 0; ii < 2; ++ii) {
                sum_part[ii] += SOFTMAX_F_AT_f32x8(row[ii][ko * 8]);
            }
        }
#pragma GCC unroll 2
        for (int32_t ii = 0; ii < 2; ++ii) {
            sum[ii] += softmax_f_sum_f32x8(&sum_part[ii]);
        }
#pragma GCC unroll 2
        for (int32_t ii = 0; ii < 2; ++ii) {
            total[ii] = sum[ii];
        }
        for (int32_t jo = 0; jo < 5; ++jo) {
#pragma GCC unroll 2
            for (int32_t ii = 0; ii < 2; ++ii) {
                SOFTMAX_F_PUT_f32x8(y->at[(io * 2) + ii][jo * 8]) =
                    SOFTMAX_F_AT_f32x8(row[ii][jo * 8]) / total[ii];
            }
        }
    }
}

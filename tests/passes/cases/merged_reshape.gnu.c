/*
 * lanes k2 2 8; vectorize k2l 8; vectorize k2i 8; unroll k2lo k2io | tile x 8; order n c y xo xi;
 * vectorize xi 8 | lanes k2 2 8; vectorize k2l 8; vectorize k2i 8; unroll k2lo k2io | tile j2 8;
 * order i i2 j j2o j2i; vectorize j2i 8 | tile c 2; register ci; unroll ci
 */
static void merged_reshape_copy_t4(const merged_reshape_x *restrict x, merged_reshape_y *restrict y)
{
    for (int32_t n = 0; n < 4; ++n) {
        for (int32_t co = 0; co < 3; ++co) {
            float total[2];
            float row[2][8][16] __attribute__((aligned(32)));
            float most[2];
            float largest[2];
#pragma GCC unroll 2
            for (int32_t ci = 0; ci < 2; ++ci) {
                largest[ci] = -INFINITY;
            }
            merged_reshape_f_f32x8 largest_part[2][2];
#pragma GCC unroll 2
            for (int32_t k2lo = 0; k2lo < 2; ++k2lo) {
#pragma GCC unroll 2
                for (int32_t ci = 0; ci < 2; ++ci) {
                    largest_part[ci][k2lo] = MERGED_RESHAPE_F_SPLAT_f32x8(-INFINITY);
                }
            }
            for (int32_t k = 0; k < 8; ++k) {
#pragma GCC unroll 2
                for (int32_t k2io = 0; k2io < 2; ++k2io) {
#pragma GCC unroll 2
                    for (int32_t ci = 0; ci < 2; ++ci) {
                        const merged_reshape_f_f32x8 v =
                            MERGED_RESHAPE_F_AT_f32x8(x->at[n][(co * 2) + ci][k][k2io * 8]);
                        largest_part[ci][k2io] =
                            MERGED_RESHAPE_F_MAX_f32x8(largest_part[ci][k2io], v);
                    }
                }
            }
#pragma GCC unroll 2
            for (int32_t ci = 0; ci < 2; ++ci) {
                largest_part[ci][0] =
                    MERGED_RESHAPE_F_MAX_f32x8(largest_part[ci][0], largest_part[ci][1]);
            }
#pragma GCC unroll 2
            for (int32_t ci = 0; ci < 2; ++ci) {
                const float v = merged_reshape_f_largest_f32x8(&largest_part[ci][0]);
                largest[ci] = (largest[ci] < v) ? v : largest[ci];
            }
#pragma GCC unroll 2
            for (int32_t ci = 0; ci < 2; ++ci) {
                most[ci] = -largest[ci];
            }
            for (int32_t y_2 = 0; y_2 < 8; ++y_2) {
                for (int32_t xo = 0; xo < 2; ++xo) {
#pragma GCC unroll 2
                    for (int32_t ci = 0; ci < 2; ++ci) {
                        merged_reshape_f_f32x8 v =
                            MERGED_RESHAPE_F_AT_f32x8(x->at[n][(co * 2) + ci][y_2][xo * 8]) +
                            most[ci];
                        merged_reshape_f_exp_f32x8(&v);
                        MERGED_RESHAPE_F_PUT_f32x8(row[ci][y_2][xo * 8]) = v;
                    }
                }
            }
            float sum[2];
#pragma GCC unroll 2
            for (int32_t ci = 0; ci < 2; ++ci) {
                sum[ci] = 0.0f;
            }
            merged_reshape_f_f32x8 sum_part[2][2];
#pragma GCC unroll 2
            for (int32_t k2lo = 0; k2lo < 2; ++k2lo) {
#pragma GCC unroll 2
                for (int32_t ci = 0; ci < 2; ++ci) {
                    sum_part[ci][k2lo] = MERGED_RESHAPE_F_SPLAT_f32x8(0.0f);
                }
            }
            for (int32_t k = 0; k < 8; ++k) {
#pragma GCC unroll 2
                for (int32_t k2io = 0; k2io < 2; ++k2io) {
#pragma GCC unroll 2
                    for (int32_t ci = 0; ci < 2; ++ci) {
                        sum_part[ci][k2io] += MERGED_RESHAPE_F_AT_f32x8(row[ci][k][k2io * 8]);
                    }
                }
            }
#pragma GCC unroll 2
            for (int32_t ci = 0; ci < 2; ++ci) {
                sum_part[ci][0] += sum_part[ci][1];
            }
#pragma GCC unroll 2
            for (int32_t ci = 0; ci < 2; ++ci) {
                sum[ci] += merged_reshape_f_sum_f32x8(&sum_part[ci][0]);
            }
#pragma GCC unroll 2
            for (int32_t ci = 0; ci < 2; ++ci) {
                total[ci] = sum[ci];
            }
            for (int32_t j = 0; j < 8; ++j) {
                for (int32_t j2o = 0; j2o < 2; ++j2o) {
#pragma GCC unroll 2
                    for (int32_t ci = 0; ci < 2; ++ci) {
                        MERGED_RESHAPE_F_PUT_f32x8(
                            y->at[(n * 6) + (co * 2) + ci][(j * 16) + (j2o * 8)]) =
                            MERGED_RESHAPE_F_AT_f32x8(row[ci][j][j2o * 8]) / total[ci];
                    }
                }
            }
        }
    }
}

/*
 * lanes k2 2 8; vectorize k2l 8; vectorize k2i 8; unroll k2lo k2io | tile x 8; order n c y xo xi;
 * vectorize xi 8 | lanes k2 2 8; vectorize k2l 8; vectorize k2i 8; unroll k2lo k2io | tile j2 8;
 * order i i2 j j2o j2i; vectorize j2i 8
 */
static void merged_reshape_copy_t4(const merged_reshape_x *restrict x, merged_reshape_y *restrict y)
{
    for (int32_t n = 0; n < 4; ++n) {
        for (int32_t c = 0; c < 6; ++c) {
            float total;
            float row[8][16];
            float most;
            float largest = -INFINITY;
            merged_reshape_f_f32x8 largest_part[2];
#pragma GCC unroll 2
            for (int32_t k2lo = 0; k2lo < 2; ++k2lo) {
                largest_part[k2lo] = MERGED_RESHAPE_F_SPLAT_f32x8(-INFINITY);
            }
            for (int32_t k = 0; k < 8; ++k) {
#pragma GCC unroll 2
                for (int32_t k2io = 0; k2io < 2; ++k2io) {
                    const merged_reshape_f_f32x8 v =
                        MERGED_RESHAPE_F_AT_f32x8(x->at[n][c][k][k2io * 8]);
                    largest_part[k2io] = MERGED_RESHAPE_F_MAX_f32x8(largest_part[k2io], v);
                }
            }
            largest_part[0] = MERGED_RESHAPE_F_MAX_f32x8(largest_part[0], largest_part[1]);
            const float v = merged_reshape_f_largest_f32x8(&largest_part[0]);
            largest = (largest < v) ? v : largest;
            most = -largest;
            for (int32_t y_2 = 0; y_2 < 8; ++y_2) {
                for (int32_t xo = 0; xo < 2; ++xo) {
                    merged_reshape_f_f32x8 v_2 =
                        MERGED_RESHAPE_F_AT_f32x8(x->at[n][c][y_2][xo * 8]) + most;
                    merged_reshape_f_exp_f32x8(&v_2);
                    MERGED_RESHAPE_F_PUT_f32x8(row[y_2][xo * 8]) = v_2;
                }
            }
            float sum = 0.0f;
            merged_reshape_f_f32x8 sum_part[2];
#pragma GCC unroll 2
            for (int32_t k2lo = 0; k2lo < 2; ++k2lo) {
                sum_part[k2lo] = MERGED_RESHAPE_F_SPLAT_f32x8(0.0f);
            }
            for (int32_t k = 0; k < 8; ++k) {
#pragma GCC unroll 2
                for (int32_t k2io = 0; k2io < 2; ++k2io) {
                    sum_part[k2io] += MERGED_RESHAPE_F_AT_f32x8(row[k][k2io * 8]);
                }
            }
            sum_part[0] += sum_part[1];
            sum += merged_reshape_f_sum_f32x8(&sum_part[0]);
            total = sum;
            for (int32_t j = 0; j < 8; ++j) {
                for (int32_t j2o = 0; j2o < 2; ++j2o) {
                    MERGED_RESHAPE_F_PUT_f32x8(y->at[(n * 6) + c][(j * 16) + (j2o * 8)]) =
                        MERGED_RESHAPE_F_AT_f32x8(row[j][j2o * 8]) / total;
                }
            }
        }
    }
}

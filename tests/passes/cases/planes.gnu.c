/*
 * tile x 8; flatten y xo; tile c 6; tile yxo 2; order yxoo co ci yxoi xi; register ci yxoi xi;
 * stage yxoo k yxoi xi; vectorize xi 8; unroll ci yxoi
 */
static void planes_copy_y(const planes_x *restrict x, planes_y *restrict y)
{
    for (int32_t yxoo = 0; yxoo < 28; ++yxoo) {
        float panel[128][2][8] __attribute__((aligned(32)));
        for (int32_t k = 0; k < 128; ++k) {
#pragma GCC unroll 2
            for (int32_t yxoi = 0; yxoi < 2; ++yxoi) {
                PLANES_F_PUT_f32x8(panel[k][yxoi][0]) = PLANES_F_AT_f32x8(
                    x->at[k][((yxoo * 2) + yxoi) / 7][(((yxoo * 2) + yxoi) % 7) * 8]);
            }
        }
        for (int32_t co = 0; co < 8; ++co) {
            planes_f_f32x8 sum[6][2];
#pragma GCC unroll 6
            for (int32_t ci = 0; ci < 6; ++ci) {
#pragma GCC unroll 2
                for (int32_t yxoi = 0; yxoi < 2; ++yxoi) {
                    sum[ci][yxoi] = PLANES_F_SPLAT_f32x8(planes_constants.b[co][ci]);
                }
            }
            for (int32_t k = 0; k < 128; ++k) {
                planes_f_f32x8 held[2];
#pragma GCC unroll 2
                for (int32_t yxoi = 0; yxoi < 2; ++yxoi) {
                    held[yxoi] = PLANES_F_AT_f32x8(panel[k][yxoi][0]);
                    PLANES_F_KEEP_f32x8(held[yxoi]);
                }
#pragma GCC unroll 6
                for (int32_t ci = 0; ci < 6; ++ci) {
#pragma GCC unroll 2
                    for (int32_t yxoi = 0; yxoi < 2; ++yxoi) {
                        sum[ci][yxoi] += held[yxoi] * planes_constants.w[co][k][ci];
                    }
                }
            }
#pragma GCC unroll 6
            for (int32_t ci = 0; ci < 6; ++ci) {
#pragma GCC unroll 2
                for (int32_t yxoi = 0; yxoi < 2; ++yxoi) {
                    PLANES_F_PUT_f32x8(y->at[(co * 6) + ci][((yxoo * 2) + yxoi) / 7]
                                            [(((yxoo * 2) + yxoi) % 7) * 8]) = sum[ci][yxoi];
                }
            }
        }
    }
}

/*
 * tile x 4; order c y xo xi; vectorize xi 4; thread c y
 */
static void convolution_copy_x_halo(const convolution_x *restrict x,
                                    convolution_t_x_halo *restrict x_halo, int32_t part,
                                    int32_t parts)
{
    if (part == 0) {
        for (int32_t i = 0; i < 8; ++i) {
            for (int32_t j = 0; j < 14; ++j) {
                x_halo->at[i][0][j] = 0.0f;
                x_halo->at[i][13][j] = 0.0f;
            }
        }
        for (int32_t i = 0; i < 8; ++i) {
            for (int32_t j = 0; j < 12; ++j) {
                x_halo->at[i][j + 1][0] = 0.0f;
                x_halo->at[i][j + 1][13] = 0.0f;
            }
        }
    }
    const int32_t first = (96 * part) / parts;
    const int32_t end = (96 * (part + 1)) / parts;
    for (int32_t turn = first; turn < end; ++turn) {
        const int32_t c = turn / 12;
        const int32_t y = turn % 12;
        for (int32_t xo = 0; xo < 3; ++xo) {
            CONVOLUTION_F_PUT_f32x4(x_halo->at[c][y + 1][(xo * 4) + 1]) =
                CONVOLUTION_F_AT_f32x4(x->at[0][c][y][xo * 4]);
        }
    }
}

/*
 * tile c 8; tile x 12; order y co xi ci; register xi ci; order ky kx in; vectorize ci 8; unroll xi;
 * thread y
 */
static void convolution_copy_y(const convolution_t_x_halo *restrict x_halo,
                               const convolution_r *restrict r, convolution_y *restrict y,
                               int32_t part, int32_t parts)
{
    const int32_t first = (12 * part) / parts;
    const int32_t end = (12 * (part + 1)) / parts;
    for (int32_t y_2 = first; y_2 < end; ++y_2) {
        for (int32_t co = 0; co < 2; ++co) {
            convolution_f_f32x8 sum[12];
#pragma GCC unroll 12
            for (int32_t xi = 0; xi < 12; ++xi) {
                sum[xi] = CONVOLUTION_F_AT_f32x8(convolution_constants.b[co][0]);
            }
            for (int32_t ky = 0; ky < 3; ++ky) {
                for (int32_t kx = 0; kx < 3; ++kx) {
                    for (int32_t in = 0; in < 8; ++in) {
#pragma GCC unroll 12
                        for (int32_t xi = 0; xi < 12; ++xi) {
                            sum[xi] +=
                                x_halo->at[in][y_2 + ky][kx + xi] *
                                CONVOLUTION_F_AT_f32x8(convolution_constants.w[co][ky][kx][in][0]);
                        }
                    }
                }
            }
#pragma GCC unroll 12
            for (int32_t xi = 0; xi < 12; ++xi) {
                convolution_f_f32x8 v;
                for (int32_t ci = 0; ci < 8; ++ci) {
                    v[ci] = r->at[0][(co * 8) + ci][y_2][xi];
                }
                const convolution_f_f32x8 v_2 = sum[xi] + v;
                const convolution_f_f32x8 v_3 =
                    CONVOLUTION_F_MAX_f32x8(v_2, CONVOLUTION_F_SPLAT_f32x8(0.0f));
                for (int32_t ci = 0; ci < 8; ++ci) {
                    y->at[0][(co * 8) + ci][y_2][xi] = v_3[ci];
                }
            }
        }
    }
}

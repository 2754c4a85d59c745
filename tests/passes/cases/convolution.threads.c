/*
 * tile x 8; order c y xo xi; vectorize xi 8; thread y
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
    for (int32_t c = 0; c < 8; ++c) {
        const int32_t first = (12 * part) / parts;
        const int32_t end = (12 * (part + 1)) / parts;
        for (int32_t y = first; y < end; ++y) {
            for (int32_t xo = 0; xo < 2; ++xo) {
                const int32_t x0 = ((xo * 8) < 4) ? (xo * 8) : 4;
                CONVOLUTION_F_PUT_f32x8(x_halo->at[c][y + 1][x0 + 1]) =
                    CONVOLUTION_F_AT_f32x8(x->at[0][c][y][x0]);
            }
        }
    }
}

/*
 * tile x 6; tile c 16; tile ci 8; order y xo xi cio cii; order ky kx in; register xi cio cii;
 * vectorize cii 8; unroll xi cio; thread y
 */
static void convolution_copy_y(const convolution_t_x_halo *restrict x_halo,
                               const convolution_r *restrict r, convolution_y *restrict y,
                               int32_t part, int32_t parts)
{
    const int32_t first = (12 * part) / parts;
    const int32_t end = (12 * (part + 1)) / parts;
    for (int32_t y_2 = first; y_2 < end; ++y_2) {
        for (int32_t xo = 0; xo < 2; ++xo) {
            convolution_f_f32x8 sum[6][2];
#pragma GCC unroll 6
            for (int32_t xi = 0; xi < 6; ++xi) {
#pragma GCC unroll 2
                for (int32_t cio = 0; cio < 2; ++cio) {
                    sum[xi][cio] = CONVOLUTION_F_AT_f32x8(convolution_constants.b[cio][0]);
                }
            }
            for (int32_t ky = 0; ky < 3; ++ky) {
                for (int32_t kx = 0; kx < 3; ++kx) {
                    for (int32_t in = 0; in < 8; ++in) {
                        convolution_f_f32x8 held[2];
#pragma GCC unroll 2
                        for (int32_t cio = 0; cio < 2; ++cio) {
                            held[cio] =
                                CONVOLUTION_F_AT_f32x8(convolution_constants.w[ky][kx][in][cio][0]);
                            CONVOLUTION_F_KEEP_f32x8(held[cio]);
                        }
#pragma GCC unroll 6
                        for (int32_t xi = 0; xi < 6; ++xi) {
#pragma GCC unroll 2
                            for (int32_t cio = 0; cio < 2; ++cio) {
                                sum[xi][cio] +=
                                    x_halo->at[in][y_2 + ky][kx + (xo * 6) + xi] * held[cio];
                            }
                        }
                    }
                }
            }
#pragma GCC unroll 6
            for (int32_t xi = 0; xi < 6; ++xi) {
#pragma GCC unroll 2
                for (int32_t cio = 0; cio < 2; ++cio) {
                    convolution_f_f32x8 v = {0};
#pragma GCC unroll 8
                    for (int32_t cii = 0; cii < 8; ++cii) {
                        v[cii] = r->at[0][(cio * 8) + cii][y_2][(xo * 6) + xi];
                    }
                    const convolution_f_f32x8 v_2 = sum[xi][cio] + v;
                    const convolution_f_f32x8 v_3 =
                        CONVOLUTION_F_MAX_f32x8(v_2, CONVOLUTION_F_SPLAT_f32x8(0.0f));
                    for (int32_t cii = 0; cii < 8; ++cii) {
                        y->at[0][(cio * 8) + cii][y_2][(xo * 6) + xi] = v_3[cii];
                    }
                }
            }
        }
    }
}

static void pairs_copy_t153(const pairs_x *x, pairs_t_i8_5x6x16 *t153)
{
    for (int32_t c = 0; c < 16; ++c) {
        for (int32_t y = 0; y < 5; ++y) {
            for (int32_t x_2 = 0; x_2 < 6; ++x_2) {
                const int32_t v = (int32_t)x->at[0][c][y][x_2] * 2;
                t153->at[y][x_2][c] = pairs_f_saturate_i8(v);
            }
        }
    }
}

/*
 * tile c 8; order y co x ci; order ky kx; peel x 1 1; tile xm 2; register xmi ci; register ci;
 * unroll kxm xmi ci; scale ci; start ci; madd ci
 */
static void pairs_copy_t152(pairs_arena *arena, const pairs_m *m)
{
    for (int32_t y = 0; y < 5; ++y) {
        const int32_t y0 = ((-y + 6) < 3) ? (-y + 6) : 3;
        const int32_t y0_2 = ((-y + 1) < 0) ? 0 : (-y + 1);
        for (int32_t co = 0; co < 2; ++co) {
            for (int32_t xl = 0; xl < 1; ++xl) {
                int32_t sum_l[8];
                pairs_f_fill_x4(&sum_l[0], 0);
                pairs_f_fill_x4(&sum_l[4], 0);
                const int32_t ky_end = (y0 - y0_2);
                for (int32_t ky = 0; ky < ky_end; ++ky) {
                    for (int32_t kxl = 0; kxl < 2; ++kxl) {
                        const int8_t *const row =
                            &arena->t153.tensor.at[y + ky + y0_2 - 1][kxl][co * 8];
                        pairs_f_madd_i8_i8x8(&sum_l[0], row, 128,
                                             &pairs_constants.u[co][ky + y0_2][kxl + 1][0]);
                    }
                }
                const int32_t *const row = &sum_l[0];
                const int32_t *const row_2 = &m->at[co * 8];
                pairs_f_scale_sums_i8x8(&arena->t152.at[y][0][co * 8], row, row_2, 3, 35, -128,
                                        127);
            }
            for (int32_t xmo = 0; xmo < 2; ++xmo) {
                int32_t sum_m[2][8];
                pairs_f_fill_x4(&sum_m[0][0], 0);
                pairs_f_fill_x4(&sum_m[0][4], 0);
                pairs_f_fill_x4(&sum_m[1][0], 0);
                pairs_f_fill_x4(&sum_m[1][4], 0);
                const int32_t ky_end = (y0 - y0_2);
                for (int32_t ky = 0; ky < ky_end; ++ky) {
                    const int8_t *const row =
                        &arena->t153.tensor.at[y + ky + y0_2 - 1][xmo * 2][co * 8];
                    pairs_f_madd_i8_i8x8(&sum_m[0][0], row, 128,
                                         &pairs_constants.u[co][ky + y0_2][0][0]);
                    const int8_t *const row_2 =
                        &arena->t153.tensor.at[y + ky + y0_2 - 1][(xmo * 2) + 1][co * 8];
                    pairs_f_madd_i8_i8x8(&sum_m[1][0], row_2, 128,
                                         &pairs_constants.u[co][ky + y0_2][0][0]);
                    PAIRS_F_STEP();
                    pairs_f_madd_i8_i8x8(&sum_m[0][0], row_2, 128,
                                         &pairs_constants.u[co][ky + y0_2][1][0]);
                    const int8_t *const row_3 =
                        &arena->t153.tensor.at[y + ky + y0_2 - 1][(xmo * 2) + 2][co * 8];
                    pairs_f_madd_i8_i8x8(&sum_m[1][0], row_3, 128,
                                         &pairs_constants.u[co][ky + y0_2][1][0]);
                    PAIRS_F_STEP();
                    pairs_f_madd_i8_i8x8(&sum_m[0][0], row_3, 128,
                                         &pairs_constants.u[co][ky + y0_2][2][0]);
                    const int8_t *const row_4 =
                        &arena->t153.tensor.at[y + ky + y0_2 - 1][(xmo * 2) + 3][co * 8];
                    pairs_f_madd_i8_i8x8(&sum_m[1][0], row_4, 128,
                                         &pairs_constants.u[co][ky + y0_2][2][0]);
                }
                const int32_t *const row = &sum_m[0][0];
                const int32_t *const row_2 = &m->at[co * 8];
                pairs_f_scale_sums_i8x8(&arena->t152.at[y][(xmo * 2) + 1][co * 8], row, row_2, 3,
                                        35, -128, 127);
                const int32_t *const row_3 = &sum_m[1][0];
                pairs_f_scale_sums_i8x8(&arena->t152.at[y][(xmo * 2) + 2][co * 8], row_3, row_2, 3,
                                        35, -128, 127);
            }
            for (int32_t xr = 0; xr < 1; ++xr) {
                int32_t sum_r[8];
                pairs_f_fill_x4(&sum_r[0], 0);
                pairs_f_fill_x4(&sum_r[4], 0);
                const int32_t ky_end = (y0 - y0_2);
                for (int32_t ky = 0; ky < ky_end; ++ky) {
                    for (int32_t kxr = 0; kxr < 2; ++kxr) {
                        const int8_t *const row =
                            &arena->t153.tensor.at[y + ky + y0_2 - 1][kxr + 4][co * 8];
                        pairs_f_madd_i8_i8x8(&sum_r[0], row, 128,
                                             &pairs_constants.u[co][ky + y0_2][kxr][0]);
                    }
                }
                const int32_t *const row = &sum_r[0];
                const int32_t *const row_2 = &m->at[co * 8];
                pairs_f_scale_sums_i8x8(&arena->t152.at[y][5][co * 8], row, row_2, 3, 35, -128,
                                        127);
            }
        }
    }
}

/*
 * tile y 5; order x yi; register yi; unroll yi
 */
static void pairs_copy_t(const pairs_t_i8_5x6x16 *t152, pairs_t *t)
{
    for (int32_t x = 0; x < 6; ++x) {
        int8_t largest[5];
        largest[0] = -128;
        largest[1] = -128;
        largest[2] = -128;
        largest[3] = -128;
        largest[4] = -128;
        for (int32_t k = 0; k < 16; ++k) {
            largest[0] = (largest[0] < t152->at[0][x][k]) ? t152->at[0][x][k] : largest[0];
            largest[1] = (largest[1] < t152->at[1][x][k]) ? t152->at[1][x][k] : largest[1];
            largest[2] = (largest[2] < t152->at[2][x][k]) ? t152->at[2][x][k] : largest[2];
            largest[3] = (largest[3] < t152->at[3][x][k]) ? t152->at[3][x][k] : largest[3];
            largest[4] = (largest[4] < t152->at[4][x][k]) ? t152->at[4][x][k] : largest[4];
        }
        t->at[0][0][x] = largest[0];
        t->at[0][1][x] = largest[1];
        t->at[0][2][x] = largest[2];
        t->at[0][3][x] = largest[3];
        t->at[0][4][x] = largest[4];
    }
}

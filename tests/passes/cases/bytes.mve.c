static void bytes_copy_t182(const bytes_x *x, bytes_t_t182 *t182)
{
    for (int32_t c = 0; c < 16; ++c) {
        for (int32_t y = 0; y < 5; ++y) {
            for (int32_t x_2 = 0; x_2 < 6; ++x_2) {
                const int32_t v = (int32_t)x->at[0][c][y][x_2] * 2;
                t182->at[y][x_2][c] = bytes_f_saturate_i8(v);
            }
        }
    }
}

/*
 * tile c 4; order y co x ci; order ky kx in; tail in 16; dot ini; peel x 1 1; tile xm 2; register
 * xmi ci; register ci; unroll xmi ci
 */
static void bytes_copy_t(const bytes_t_t182 *t182, bytes_t *t)
{
    for (int32_t y = 0; y < 5; ++y) {
        const int32_t y0 = ((-y + 6) < 3) ? (-y + 6) : 3;
        const int32_t y0_2 = ((-y + 1) < 0) ? 0 : (-y + 1);
        const int32_t y0_3 = (y < 1) ? y : 1;
        const int32_t y0_4 = ((y - 3) < 0) ? 0 : (y - 3);
        for (int32_t co = 0; co < 2; ++co) {
            for (int32_t xl = 0; xl < 1; ++xl) {
                int32_t sum_l[4];
                sum_l[0] = bytes_constants.w_start[0][y0_3 + y0_4][co][0];
                sum_l[1] = bytes_constants.w_start[0][y0_3 + y0_4][co][1];
                sum_l[2] = bytes_constants.w_start[0][y0_3 + y0_4][co][2];
                sum_l[3] = bytes_constants.w_start[0][y0_3 + y0_4][co][3];
                const int32_t ky_end = (y0 - y0_2);
                for (int32_t ky = 0; ky < ky_end; ++ky) {
                    for (int32_t kxl = 0; kxl < 2; ++kxl) {
                        const int8_t *const row = &t182->at[y + ky + y0_2 - 1][kxl][0];
                        sum_l[0] = bytes_f_dot_i8_i8x16(
                            sum_l[0], row, &bytes_constants.w[co][ky + y0_2][kxl + 1][0][0]);
                        sum_l[1] = bytes_f_dot_i8_i8x16(
                            sum_l[1], row, &bytes_constants.w[co][ky + y0_2][kxl + 1][1][0]);
                        sum_l[2] = bytes_f_dot_i8_i8x16(
                            sum_l[2], row, &bytes_constants.w[co][ky + y0_2][kxl + 1][2][0]);
                        sum_l[3] = bytes_f_dot_i8_i8x16(
                            sum_l[3], row, &bytes_constants.w[co][ky + y0_2][kxl + 1][3][0]);
                    }
                }
                t->at[0][co * 4][y][0] = sum_l[0];
                t->at[0][(co * 4) + 1][y][0] = sum_l[1];
                t->at[0][(co * 4) + 2][y][0] = sum_l[2];
                t->at[0][(co * 4) + 3][y][0] = sum_l[3];
            }
            for (int32_t xmo = 0; xmo < 2; ++xmo) {
                int32_t sum_m[2][4];
                sum_m[0][0] = bytes_constants.w_start[1][y0_3 + y0_4][co][0];
                sum_m[0][1] = bytes_constants.w_start[1][y0_3 + y0_4][co][1];
                sum_m[0][2] = bytes_constants.w_start[1][y0_3 + y0_4][co][2];
                sum_m[0][3] = bytes_constants.w_start[1][y0_3 + y0_4][co][3];
                sum_m[1][0] = bytes_constants.w_start[1][y0_3 + y0_4][co][0];
                sum_m[1][1] = bytes_constants.w_start[1][y0_3 + y0_4][co][1];
                sum_m[1][2] = bytes_constants.w_start[1][y0_3 + y0_4][co][2];
                sum_m[1][3] = bytes_constants.w_start[1][y0_3 + y0_4][co][3];
                const int32_t ky_end = (y0 - y0_2);
                for (int32_t ky = 0; ky < ky_end; ++ky) {
                    for (int32_t kxm = 0; kxm < 3; ++kxm) {
                        const int8_t *const row = &t182->at[y + ky + y0_2 - 1][kxm + (xmo * 2)][0];
                        sum_m[0][0] = bytes_f_dot_i8_i8x16(
                            sum_m[0][0], &bytes_constants.w[co][ky + y0_2][kxm][0][0], row);
                        sum_m[0][1] = bytes_f_dot_i8_i8x16(
                            sum_m[0][1], &bytes_constants.w[co][ky + y0_2][kxm][1][0], row);
                        sum_m[0][2] = bytes_f_dot_i8_i8x16(
                            sum_m[0][2], &bytes_constants.w[co][ky + y0_2][kxm][2][0], row);
                        sum_m[0][3] = bytes_f_dot_i8_i8x16(
                            sum_m[0][3], &bytes_constants.w[co][ky + y0_2][kxm][3][0], row);
                        const int8_t *const row_2 =
                            &t182->at[y + ky + y0_2 - 1][kxm + (xmo * 2) + 1][0];
                        sum_m[1][0] = bytes_f_dot_i8_i8x16(
                            sum_m[1][0], &bytes_constants.w[co][ky + y0_2][kxm][0][0], row_2);
                        sum_m[1][1] = bytes_f_dot_i8_i8x16(
                            sum_m[1][1], &bytes_constants.w[co][ky + y0_2][kxm][1][0], row_2);
                        sum_m[1][2] = bytes_f_dot_i8_i8x16(
                            sum_m[1][2], &bytes_constants.w[co][ky + y0_2][kxm][2][0], row_2);
                        sum_m[1][3] = bytes_f_dot_i8_i8x16(
                            sum_m[1][3], &bytes_constants.w[co][ky + y0_2][kxm][3][0], row_2);
                    }
                }
                t->at[0][co * 4][y][(xmo * 2) + 1] = sum_m[0][0];
                t->at[0][(co * 4) + 1][y][(xmo * 2) + 1] = sum_m[0][1];
                t->at[0][(co * 4) + 2][y][(xmo * 2) + 1] = sum_m[0][2];
                t->at[0][(co * 4) + 3][y][(xmo * 2) + 1] = sum_m[0][3];
                t->at[0][co * 4][y][(xmo * 2) + 2] = sum_m[1][0];
                t->at[0][(co * 4) + 1][y][(xmo * 2) + 2] = sum_m[1][1];
                t->at[0][(co * 4) + 2][y][(xmo * 2) + 2] = sum_m[1][2];
                t->at[0][(co * 4) + 3][y][(xmo * 2) + 2] = sum_m[1][3];
            }
            for (int32_t xr = 0; xr < 1; ++xr) {
                int32_t sum_r[4];
                sum_r[0] = bytes_constants.w_start[2][y0_3 + y0_4][co][0];
                sum_r[1] = bytes_constants.w_start[2][y0_3 + y0_4][co][1];
                sum_r[2] = bytes_constants.w_start[2][y0_3 + y0_4][co][2];
                sum_r[3] = bytes_constants.w_start[2][y0_3 + y0_4][co][3];
                const int32_t ky_end = (y0 - y0_2);
                for (int32_t ky = 0; ky < ky_end; ++ky) {
                    for (int32_t kxr = 0; kxr < 2; ++kxr) {
                        const int8_t *const row = &t182->at[y + ky + y0_2 - 1][kxr + 4][0];
                        sum_r[0] = bytes_f_dot_i8_i8x16(
                            sum_r[0], row, &bytes_constants.w[co][ky + y0_2][kxr][0][0]);
                        sum_r[1] = bytes_f_dot_i8_i8x16(
                            sum_r[1], row, &bytes_constants.w[co][ky + y0_2][kxr][1][0]);
                        sum_r[2] = bytes_f_dot_i8_i8x16(
                            sum_r[2], row, &bytes_constants.w[co][ky + y0_2][kxr][2][0]);
                        sum_r[3] = bytes_f_dot_i8_i8x16(
                            sum_r[3], row, &bytes_constants.w[co][ky + y0_2][kxr][3][0]);
                    }
                }
                t->at[0][co * 4][y][5] = sum_r[0];
                t->at[0][(co * 4) + 1][y][5] = sum_r[1];
                t->at[0][(co * 4) + 2][y][5] = sum_r[2];
                t->at[0][(co * 4) + 3][y][5] = sum_r[3];
            }
        }
    }
}

/*
 * tile c 4; order y co x ci; order ky kx; peel x 1 1; tile xm 4; register xmi ci; register ci;
 * unroll kxm xmi ci; start ci; madd ci
 */
static void bytes_copy_z(const bytes_t_t182 *t182, bytes_z *z)
{
    for (int32_t y = 0; y < 5; ++y) {
        const int32_t y0 = ((-y + 6) < 3) ? (-y + 6) : 3;
        const int32_t y0_2 = ((-y + 1) < 0) ? 0 : (-y + 1);
        for (int32_t co = 0; co < 4; ++co) {
            for (int32_t xl = 0; xl < 1; ++xl) {
                int32_t sum_l[4];
                bytes_f_fill_x4(&sum_l[0], 0);
                const int32_t ky_end = (y0 - y0_2);
                for (int32_t ky = 0; ky < ky_end; ++ky) {
                    for (int32_t kxl = 0; kxl < 2; ++kxl) {
                        const int8_t *const row = &t182->at[y + ky + y0_2 - 1][kxl][co * 4];
                        bytes_f_madd_i8_i8x4(&sum_l[0], row, 128,
                                             &bytes_constants.u[co][ky + y0_2][kxl + 1][0]);
                    }
                }
                z->at[0][co * 4][y][0] = sum_l[0];
                z->at[0][(co * 4) + 1][y][0] = sum_l[1];
                z->at[0][(co * 4) + 2][y][0] = sum_l[2];
                z->at[0][(co * 4) + 3][y][0] = sum_l[3];
            }
            int32_t sum_m[4][4];
            bytes_f_fill_x4(&sum_m[0][0], 0);
            bytes_f_fill_x4(&sum_m[1][0], 0);
            bytes_f_fill_x4(&sum_m[2][0], 0);
            bytes_f_fill_x4(&sum_m[3][0], 0);
            const int32_t ky_end = (y0 - y0_2);
            for (int32_t ky = 0; ky < ky_end; ++ky) {
                const int8_t *const row = &t182->at[y + ky + y0_2 - 1][0][co * 4];
                bytes_f_madd_i8_i8x4(&sum_m[0][0], row, 128,
                                     &bytes_constants.u[co][ky + y0_2][0][0]);
                const int8_t *const row_2 = &t182->at[y + ky + y0_2 - 1][1][co * 4];
                bytes_f_madd_i8_i8x4(&sum_m[1][0], row_2, 128,
                                     &bytes_constants.u[co][ky + y0_2][0][0]);
                const int8_t *const row_3 = &t182->at[y + ky + y0_2 - 1][2][co * 4];
                bytes_f_madd_i8_i8x4(&sum_m[2][0], row_3, 128,
                                     &bytes_constants.u[co][ky + y0_2][0][0]);
                const int8_t *const row_4 = &t182->at[y + ky + y0_2 - 1][3][co * 4];
                bytes_f_madd_i8_i8x4(&sum_m[3][0], row_4, 128,
                                     &bytes_constants.u[co][ky + y0_2][0][0]);
                BYTES_F_STEP();
                bytes_f_madd_i8_i8x4(&sum_m[0][0], row_2, 128,
                                     &bytes_constants.u[co][ky + y0_2][1][0]);
                bytes_f_madd_i8_i8x4(&sum_m[1][0], row_3, 128,
                                     &bytes_constants.u[co][ky + y0_2][1][0]);
                bytes_f_madd_i8_i8x4(&sum_m[2][0], row_4, 128,
                                     &bytes_constants.u[co][ky + y0_2][1][0]);
                const int8_t *const row_5 = &t182->at[y + ky + y0_2 - 1][4][co * 4];
                bytes_f_madd_i8_i8x4(&sum_m[3][0], row_5, 128,
                                     &bytes_constants.u[co][ky + y0_2][1][0]);
                BYTES_F_STEP();
                bytes_f_madd_i8_i8x4(&sum_m[0][0], row_3, 128,
                                     &bytes_constants.u[co][ky + y0_2][2][0]);
                bytes_f_madd_i8_i8x4(&sum_m[1][0], row_4, 128,
                                     &bytes_constants.u[co][ky + y0_2][2][0]);
                bytes_f_madd_i8_i8x4(&sum_m[2][0], row_5, 128,
                                     &bytes_constants.u[co][ky + y0_2][2][0]);
                const int8_t *const row_6 = &t182->at[y + ky + y0_2 - 1][5][co * 4];
                bytes_f_madd_i8_i8x4(&sum_m[3][0], row_6, 128,
                                     &bytes_constants.u[co][ky + y0_2][2][0]);
            }
            z->at[0][co * 4][y][1] = sum_m[0][0];
            z->at[0][(co * 4) + 1][y][1] = sum_m[0][1];
            z->at[0][(co * 4) + 2][y][1] = sum_m[0][2];
            z->at[0][(co * 4) + 3][y][1] = sum_m[0][3];
            z->at[0][co * 4][y][2] = sum_m[1][0];
            z->at[0][(co * 4) + 1][y][2] = sum_m[1][1];
            z->at[0][(co * 4) + 2][y][2] = sum_m[1][2];
            z->at[0][(co * 4) + 3][y][2] = sum_m[1][3];
            z->at[0][co * 4][y][3] = sum_m[2][0];
            z->at[0][(co * 4) + 1][y][3] = sum_m[2][1];
            z->at[0][(co * 4) + 2][y][3] = sum_m[2][2];
            z->at[0][(co * 4) + 3][y][3] = sum_m[2][3];
            z->at[0][co * 4][y][4] = sum_m[3][0];
            z->at[0][(co * 4) + 1][y][4] = sum_m[3][1];
            z->at[0][(co * 4) + 2][y][4] = sum_m[3][2];
            z->at[0][(co * 4) + 3][y][4] = sum_m[3][3];
            for (int32_t xr = 0; xr < 1; ++xr) {
                int32_t sum_r[4];
                bytes_f_fill_x4(&sum_r[0], 0);
                const int32_t ky_end_2 = (y0 - y0_2);
                for (int32_t ky = 0; ky < ky_end_2; ++ky) {
                    for (int32_t kxr = 0; kxr < 2; ++kxr) {
                        const int8_t *const row = &t182->at[y + ky + y0_2 - 1][kxr + 4][co * 4];
                        bytes_f_madd_i8_i8x4(&sum_r[0], row, 128,
                                             &bytes_constants.u[co][ky + y0_2][kxr][0]);
                    }
                }
                z->at[0][co * 4][y][5] = sum_r[0];
                z->at[0][(co * 4) + 1][y][5] = sum_r[1];
                z->at[0][(co * 4) + 2][y][5] = sum_r[2];
                z->at[0][(co * 4) + 3][y][5] = sum_r[3];
            }
        }
    }
}

static void bytes_copy_t142(const bytes_x *x, bytes_t_t142 *t142)
{
    for (int32_t c = 0; c < 16; ++c) {
        for (int32_t y = 0; y < 5; ++y) {
            for (int32_t x_2 = 0; x_2 < 6; ++x_2) {
                const int32_t v = (int32_t)x->at[0][c][y][x_2] * 2;
                t142->at[y][x_2][c] = bytes_f_saturate_i8(v);
            }
        }
    }
}

/*
 * tile c 4; order co y x ci; order ky kx in; tail in 4; dot ini; register ci; unroll ino ci
 */
static void bytes_copy_t(const bytes_t_t142 *t142, bytes_t *t)
{
    for (int32_t co = 0; co < 2; ++co) {
        for (int32_t y = 0; y < 5; ++y) {
            const int32_t y0 = ((-y + 6) < 3) ? (-y + 6) : 3;
            const int32_t y0_2 = ((-y + 1) < 0) ? 0 : (-y + 1);
            const int32_t y0_3 = (y < 1) ? y : 1;
            const int32_t y0_4 = ((y - 3) < 0) ? 0 : (y - 3);
            for (int32_t x = 0; x < 6; ++x) {
                const int32_t x0 = ((-x + 7) < 3) ? (-x + 7) : 3;
                const int32_t x0_2 = ((-x + 1) < 0) ? 0 : (-x + 1);
                const int32_t x0_3 = (x < 1) ? x : 1;
                const int32_t x0_4 = ((x - 4) < 0) ? 0 : (x - 4);
                int32_t sum[4];
                sum[0] = bytes_constants.w_start[co][y0_3 + y0_4][x0_3 + x0_4][0];
                sum[1] = bytes_constants.w_start[co][y0_3 + y0_4][x0_3 + x0_4][1];
                sum[2] = bytes_constants.w_start[co][y0_3 + y0_4][x0_3 + x0_4][2];
                sum[3] = bytes_constants.w_start[co][y0_3 + y0_4][x0_3 + x0_4][3];
                const int32_t ky_end = (y0 - y0_2);
                for (int32_t ky = 0; ky < ky_end; ++ky) {
                    const int32_t kx_end = (x0 - x0_2);
                    for (int32_t kx = 0; kx < kx_end; ++kx) {
                        const int8_t *const row =
                            &t142->at[y + ky + y0_2 - 1][x + kx + x0_2 - 1][0];
                        sum[0] = bytes_f_dot_i8_i8x4(
                            sum[0], &bytes_constants.w[co][ky + y0_2][kx + x0_2][0][0][0], row);
                        sum[1] = bytes_f_dot_i8_i8x4(
                            sum[1], row, &bytes_constants.w[co][ky + y0_2][kx + x0_2][0][1][0]);
                        sum[2] = bytes_f_dot_i8_i8x4(
                            sum[2], row, &bytes_constants.w[co][ky + y0_2][kx + x0_2][0][2][0]);
                        sum[3] = bytes_f_dot_i8_i8x4(
                            sum[3], row, &bytes_constants.w[co][ky + y0_2][kx + x0_2][0][3][0]);
                        BYTES_F_STEP();
                        sum[0] = bytes_f_dot_i8_i8x4(
                            sum[0], &bytes_constants.w[co][ky + y0_2][kx + x0_2][1][0][0], &row[4]);
                        sum[1] = bytes_f_dot_i8_i8x4(
                            sum[1], &row[4], &bytes_constants.w[co][ky + y0_2][kx + x0_2][1][1][0]);
                        sum[2] = bytes_f_dot_i8_i8x4(
                            sum[2], &row[4], &bytes_constants.w[co][ky + y0_2][kx + x0_2][1][2][0]);
                        sum[3] = bytes_f_dot_i8_i8x4(
                            sum[3], &row[4], &bytes_constants.w[co][ky + y0_2][kx + x0_2][1][3][0]);
                        BYTES_F_STEP();
                        sum[0] = bytes_f_dot_i8_i8x4(
                            sum[0], &bytes_constants.w[co][ky + y0_2][kx + x0_2][2][0][0], &row[8]);
                        sum[1] = bytes_f_dot_i8_i8x4(
                            sum[1], &row[8], &bytes_constants.w[co][ky + y0_2][kx + x0_2][2][1][0]);
                        sum[2] = bytes_f_dot_i8_i8x4(
                            sum[2], &row[8], &bytes_constants.w[co][ky + y0_2][kx + x0_2][2][2][0]);
                        sum[3] = bytes_f_dot_i8_i8x4(
                            sum[3], &row[8], &bytes_constants.w[co][ky + y0_2][kx + x0_2][2][3][0]);
                        BYTES_F_STEP();
                        sum[0] = bytes_f_dot_i8_i8x4(
                            sum[0], &bytes_constants.w[co][ky + y0_2][kx + x0_2][3][0][0],
                            &row[12]);
                        sum[1] = bytes_f_dot_i8_i8x4(
                            sum[1], &row[12],
                            &bytes_constants.w[co][ky + y0_2][kx + x0_2][3][1][0]);
                        sum[2] = bytes_f_dot_i8_i8x4(
                            sum[2], &row[12],
                            &bytes_constants.w[co][ky + y0_2][kx + x0_2][3][2][0]);
                        sum[3] = bytes_f_dot_i8_i8x4(
                            sum[3], &row[12],
                            &bytes_constants.w[co][ky + y0_2][kx + x0_2][3][3][0]);
                    }
                }
                t->at[0][co * 4][y][x] = sum[0];
                t->at[0][(co * 4) + 1][y][x] = sum[1];
                t->at[0][(co * 4) + 2][y][x] = sum[2];
                t->at[0][(co * 4) + 3][y][x] = sum[3];
            }
        }
    }
}

/*
 * tile c 4; order y co x ci; order ky kx; peel x 1 1; tile xm 1; register xmi ci; register ci;
 * unroll kxm xmi ci; madd ci
 */
static void bytes_copy_z(const bytes_t_t142 *t142, bytes_z *z)
{
    for (int32_t y = 0; y < 5; ++y) {
        const int32_t y0 = ((-y + 6) < 3) ? (-y + 6) : 3;
        const int32_t y0_2 = ((-y + 1) < 0) ? 0 : (-y + 1);
        for (int32_t co = 0; co < 4; ++co) {
            for (int32_t xl = 0; xl < 1; ++xl) {
                int32_t sum_l[4];
                sum_l[0] = 0;
                sum_l[1] = 0;
                sum_l[2] = 0;
                sum_l[3] = 0;
                const int32_t ky_end = (y0 - y0_2);
                for (int32_t ky = 0; ky < ky_end; ++ky) {
                    for (int32_t kxl = 0; kxl < 2; ++kxl) {
                        const int8_t *const row = &t142->at[y + ky + y0_2 - 1][kxl][co * 4];
                        bytes_f_madd_i8_i8x4(&sum_l[0], row, 128,
                                             &bytes_constants.u[co][ky + y0_2][kxl + 1][0]);
                    }
                }
                z->at[0][co * 4][y][0] = sum_l[0];
                z->at[0][(co * 4) + 1][y][0] = sum_l[1];
                z->at[0][(co * 4) + 2][y][0] = sum_l[2];
                z->at[0][(co * 4) + 3][y][0] = sum_l[3];
            }
            for (int32_t xmo = 0; xmo < 4; ++xmo) {
                int32_t sum_m[1][4];
                sum_m[0][0] = 0;
                sum_m[0][1] = 0;
                sum_m[0][2] = 0;
                sum_m[0][3] = 0;
                const int32_t ky_end = (y0 - y0_2);
                for (int32_t ky = 0; ky < ky_end; ++ky) {
                    const int8_t *const row = &t142->at[y + ky + y0_2 - 1][xmo][co * 4];
                    bytes_f_madd_i8_i8x4(&sum_m[0][0], row, 128,
                                         &bytes_constants.u[co][ky + y0_2][0][0]);
                    BYTES_F_STEP();
                    const int8_t *const row_2 = &t142->at[y + ky + y0_2 - 1][xmo + 1][co * 4];
                    bytes_f_madd_i8_i8x4(&sum_m[0][0], row_2, 128,
                                         &bytes_constants.u[co][ky + y0_2][1][0]);
                    BYTES_F_STEP();
                    const int8_t *const row_3 = &t142->at[y + ky + y0_2 - 1][xmo + 2][co * 4];
                    bytes_f_madd_i8_i8x4(&sum_m[0][0], row_3, 128,
                                         &bytes_constants.u[co][ky + y0_2][2][0]);
                }
                z->at[0][co * 4][y][xmo + 1] = sum_m[0][0];
                z->at[0][(co * 4) + 1][y][xmo + 1] = sum_m[0][1];
                z->at[0][(co * 4) + 2][y][xmo + 1] = sum_m[0][2];
                z->at[0][(co * 4) + 3][y][xmo + 1] = sum_m[0][3];
            }
            for (int32_t xr = 0; xr < 1; ++xr) {
                int32_t sum_r[4];
                sum_r[0] = 0;
                sum_r[1] = 0;
                sum_r[2] = 0;
                sum_r[3] = 0;
                const int32_t ky_end = (y0 - y0_2);
                for (int32_t ky = 0; ky < ky_end; ++ky) {
                    for (int32_t kxr = 0; kxr < 2; ++kxr) {
                        const int8_t *const row = &t142->at[y + ky + y0_2 - 1][kxr + 4][co * 4];
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

/*
 * order y x c
 */
static void winograd_copy_x_halo(const winograd_x *restrict x, winograd_t_x_halo *restrict x_halo)
{
    for (int32_t i = 0; i < 10; ++i) {
        for (int32_t j = 0; j < 32; ++j) {
            x_halo->at[0][i][j] = 0.0f;
            x_halo->at[9][i][j] = 0.0f;
        }
    }
    for (int32_t i = 0; i < 8; ++i) {
        for (int32_t j = 0; j < 32; ++j) {
            x_halo->at[i + 1][0][j] = 0.0f;
            x_halo->at[i + 1][9][j] = 0.0f;
        }
    }
    for (int32_t y = 0; y < 8; ++y) {
        for (int32_t x_2 = 0; x_2 < 8; ++x_2) {
            for (int32_t c = 0; c < 32; ++c) {
                x_halo->at[y + 1][x_2 + 1][c] = x->at[0][c][y][x_2];
            }
        }
    }
}

/*
 * tile x 8; order y y2 xo c xi; vectorize xi 8; expand c; share xi
 */
static void winograd_copy_t11(const winograd_t_x_halo *restrict x_halo,
                              winograd_t_36x4x32 *restrict t11)
{
    for (int32_t y = 0; y < 2; ++y) {
        for (int32_t y2 = 0; y2 < 2; ++y2) {
            for (int32_t xo = 0; xo < 4; ++xo) {
                winograd_f_f32x8 s0 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 4][(y2 * 4) + 4][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 2][(y2 * 4) + 4][xo * 8]) * -2.5f) +
                    WINOGRAD_F_AT_f32x8(x_halo->at[y * 4][(y2 * 4) + 4][xo * 8]);
                winograd_f_f32x8 s1 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 4][(y2 * 4) + 2][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 2][(y2 * 4) + 2][xo * 8]) * -2.5f) +
                    WINOGRAD_F_AT_f32x8(x_halo->at[y * 4][(y2 * 4) + 2][xo * 8]);
                const winograd_f_f32x8 v =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 4][y2 * 4][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 2][y2 * 4][xo * 8]) * -2.5f) +
                    WINOGRAD_F_AT_f32x8(x_halo->at[y * 4][y2 * 4][xo * 8]);
                WINOGRAD_F_PUT_f32x8(t11->at[0][(y * 2) + y2][xo * 8]) = s0 + (s1 * -2.5f) + v;
                winograd_f_f32x8 s2 = s0 + (s1 * -2.0f);
                winograd_f_f32x8 s3 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 4][(y2 * 4) + 3][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 2][(y2 * 4) + 3][xo * 8]) * -2.5f) +
                    WINOGRAD_F_AT_f32x8(x_halo->at[y * 4][(y2 * 4) + 3][xo * 8]);
                winograd_f_f32x8 s4 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 4][(y2 * 4) + 1][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 2][(y2 * 4) + 1][xo * 8]) * -2.5f) +
                    WINOGRAD_F_AT_f32x8(x_halo->at[y * 4][(y2 * 4) + 1][xo * 8]);
                winograd_f_f32x8 s5 = s3 + (s4 * -2.0f);
                WINOGRAD_F_PUT_f32x8(t11->at[1][(y * 2) + y2][xo * 8]) = s2 + (s5 * 0.70710677f);
                WINOGRAD_F_PUT_f32x8(t11->at[2][(y * 2) + y2][xo * 8]) = s2 + (s5 * -0.70710677f);
                winograd_f_f32x8 s6 = s0 + (s1 * -0.5f);
                winograd_f_f32x8 s7 = s3 + (s4 * -0.5f);
                WINOGRAD_F_PUT_f32x8(t11->at[3][(y * 2) + y2][xo * 8]) = s6 + (s7 * 1.4142135f);
                WINOGRAD_F_PUT_f32x8(t11->at[4][(y * 2) + y2][xo * 8]) = s6 + (s7 * -1.4142135f);
                const winograd_f_f32x8 v_2 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 4][(y2 * 4) + 5][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 2][(y2 * 4) + 5][xo * 8]) * -2.5f) +
                    WINOGRAD_F_AT_f32x8(x_halo->at[y * 4][(y2 * 4) + 5][xo * 8]);
                WINOGRAD_F_PUT_f32x8(t11->at[5][(y * 2) + y2][xo * 8]) = v_2 + (s3 * -2.5f) + s4;
                winograd_f_f32x8 s8 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 4][(y2 * 4) + 4][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 2][(y2 * 4) + 4][xo * 8]) * -2.0f);
                winograd_f_f32x8 s9 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 3][(y2 * 4) + 4][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 1][(y2 * 4) + 4][xo * 8]) * -2.0f);
                winograd_f_f32x8 s10 = s8 + (s9 * 0.70710677f);
                winograd_f_f32x8 s11 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 4][(y2 * 4) + 2][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 2][(y2 * 4) + 2][xo * 8]) * -2.0f);
                winograd_f_f32x8 s12 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 3][(y2 * 4) + 2][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 1][(y2 * 4) + 2][xo * 8]) * -2.0f);
                winograd_f_f32x8 s13 = s11 + (s12 * 0.70710677f);
                winograd_f_f32x8 s14 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 4][y2 * 4][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 2][y2 * 4][xo * 8]) * -2.0f);
                winograd_f_f32x8 s15 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 3][y2 * 4][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 1][y2 * 4][xo * 8]) * -2.0f);
                WINOGRAD_F_PUT_f32x8(t11->at[6][(y * 2) + y2][xo * 8]) =
                    s10 + (s13 * -2.5f) + (s14 + (s15 * 0.70710677f));
                winograd_f_f32x8 s16 = s10 + (s13 * -2.0f);
                winograd_f_f32x8 s17 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 4][(y2 * 4) + 3][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 2][(y2 * 4) + 3][xo * 8]) * -2.0f);
                winograd_f_f32x8 s18 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 3][(y2 * 4) + 3][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 1][(y2 * 4) + 3][xo * 8]) * -2.0f);
                winograd_f_f32x8 s19 = s17 + (s18 * 0.70710677f);
                winograd_f_f32x8 s20 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 4][(y2 * 4) + 1][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 2][(y2 * 4) + 1][xo * 8]) * -2.0f);
                winograd_f_f32x8 s21 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 3][(y2 * 4) + 1][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 1][(y2 * 4) + 1][xo * 8]) * -2.0f);
                winograd_f_f32x8 s22 = s20 + (s21 * 0.70710677f);
                winograd_f_f32x8 s23 = s19 + (s22 * -2.0f);
                WINOGRAD_F_PUT_f32x8(t11->at[7][(y * 2) + y2][xo * 8]) = s16 + (s23 * 0.70710677f);
                WINOGRAD_F_PUT_f32x8(t11->at[8][(y * 2) + y2][xo * 8]) = s16 + (s23 * -0.70710677f);
                winograd_f_f32x8 s24 = s10 + (s13 * -0.5f);
                winograd_f_f32x8 s25 = s19 + (s22 * -0.5f);
                WINOGRAD_F_PUT_f32x8(t11->at[9][(y * 2) + y2][xo * 8]) = s24 + (s25 * 1.4142135f);
                WINOGRAD_F_PUT_f32x8(t11->at[10][(y * 2) + y2][xo * 8]) = s24 + (s25 * -1.4142135f);
                winograd_f_f32x8 s26 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 4][(y2 * 4) + 5][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 2][(y2 * 4) + 5][xo * 8]) * -2.0f);
                winograd_f_f32x8 s27 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 3][(y2 * 4) + 5][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 1][(y2 * 4) + 5][xo * 8]) * -2.0f);
                WINOGRAD_F_PUT_f32x8(t11->at[11][(y * 2) + y2][xo * 8]) =
                    s26 + (s27 * 0.70710677f) + (s19 * -2.5f) + s22;
                winograd_f_f32x8 s28 = s8 + (s9 * -0.70710677f);
                winograd_f_f32x8 s29 = s11 + (s12 * -0.70710677f);
                WINOGRAD_F_PUT_f32x8(t11->at[12][(y * 2) + y2][xo * 8]) =
                    s28 + (s29 * -2.5f) + (s14 + (s15 * -0.70710677f));
                winograd_f_f32x8 s30 = s28 + (s29 * -2.0f);
                winograd_f_f32x8 s31 = s17 + (s18 * -0.70710677f);
                winograd_f_f32x8 s32 = s20 + (s21 * -0.70710677f);
                winograd_f_f32x8 s33 = s31 + (s32 * -2.0f);
                WINOGRAD_F_PUT_f32x8(t11->at[13][(y * 2) + y2][xo * 8]) = s30 + (s33 * 0.70710677f);
                WINOGRAD_F_PUT_f32x8(t11->at[14][(y * 2) + y2][xo * 8]) =
                    s30 + (s33 * -0.70710677f);
                winograd_f_f32x8 s34 = s28 + (s29 * -0.5f);
                winograd_f_f32x8 s35 = s31 + (s32 * -0.5f);
                WINOGRAD_F_PUT_f32x8(t11->at[15][(y * 2) + y2][xo * 8]) = s34 + (s35 * 1.4142135f);
                WINOGRAD_F_PUT_f32x8(t11->at[16][(y * 2) + y2][xo * 8]) = s34 + (s35 * -1.4142135f);
                WINOGRAD_F_PUT_f32x8(t11->at[17][(y * 2) + y2][xo * 8]) =
                    s26 + (s27 * -0.70710677f) + (s31 * -2.5f) + s32;
                winograd_f_f32x8 s36 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 4][(y2 * 4) + 4][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 2][(y2 * 4) + 4][xo * 8]) * -0.5f);
                winograd_f_f32x8 s37 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 3][(y2 * 4) + 4][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 1][(y2 * 4) + 4][xo * 8]) * -0.5f);
                winograd_f_f32x8 s38 = s36 + (s37 * 1.4142135f);
                winograd_f_f32x8 s39 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 4][(y2 * 4) + 2][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 2][(y2 * 4) + 2][xo * 8]) * -0.5f);
                winograd_f_f32x8 s40 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 3][(y2 * 4) + 2][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 1][(y2 * 4) + 2][xo * 8]) * -0.5f);
                winograd_f_f32x8 s41 = s39 + (s40 * 1.4142135f);
                winograd_f_f32x8 s42 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 4][y2 * 4][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 2][y2 * 4][xo * 8]) * -0.5f);
                winograd_f_f32x8 s43 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 3][y2 * 4][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 1][y2 * 4][xo * 8]) * -0.5f);
                WINOGRAD_F_PUT_f32x8(t11->at[18][(y * 2) + y2][xo * 8]) =
                    s38 + (s41 * -2.5f) + (s42 + (s43 * 1.4142135f));
                winograd_f_f32x8 s44 = s38 + (s41 * -2.0f);
                winograd_f_f32x8 s45 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 4][(y2 * 4) + 3][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 2][(y2 * 4) + 3][xo * 8]) * -0.5f);
                winograd_f_f32x8 s46 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 3][(y2 * 4) + 3][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 1][(y2 * 4) + 3][xo * 8]) * -0.5f);
                winograd_f_f32x8 s47 = s45 + (s46 * 1.4142135f);
                winograd_f_f32x8 s48 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 4][(y2 * 4) + 1][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 2][(y2 * 4) + 1][xo * 8]) * -0.5f);
                winograd_f_f32x8 s49 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 3][(y2 * 4) + 1][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 1][(y2 * 4) + 1][xo * 8]) * -0.5f);
                winograd_f_f32x8 s50 = s48 + (s49 * 1.4142135f);
                winograd_f_f32x8 s51 = s47 + (s50 * -2.0f);
                WINOGRAD_F_PUT_f32x8(t11->at[19][(y * 2) + y2][xo * 8]) = s44 + (s51 * 0.70710677f);
                WINOGRAD_F_PUT_f32x8(t11->at[20][(y * 2) + y2][xo * 8]) =
                    s44 + (s51 * -0.70710677f);
                winograd_f_f32x8 s52 = s38 + (s41 * -0.5f);
                winograd_f_f32x8 s53 = s47 + (s50 * -0.5f);
                WINOGRAD_F_PUT_f32x8(t11->at[21][(y * 2) + y2][xo * 8]) = s52 + (s53 * 1.4142135f);
                WINOGRAD_F_PUT_f32x8(t11->at[22][(y * 2) + y2][xo * 8]) = s52 + (s53 * -1.4142135f);
                winograd_f_f32x8 s54 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 4][(y2 * 4) + 5][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 2][(y2 * 4) + 5][xo * 8]) * -0.5f);
                winograd_f_f32x8 s55 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 3][(y2 * 4) + 5][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 1][(y2 * 4) + 5][xo * 8]) * -0.5f);
                WINOGRAD_F_PUT_f32x8(t11->at[23][(y * 2) + y2][xo * 8]) =
                    s54 + (s55 * 1.4142135f) + (s47 * -2.5f) + s50;
                winograd_f_f32x8 s56 = s36 + (s37 * -1.4142135f);
                winograd_f_f32x8 s57 = s39 + (s40 * -1.4142135f);
                WINOGRAD_F_PUT_f32x8(t11->at[24][(y * 2) + y2][xo * 8]) =
                    s56 + (s57 * -2.5f) + (s42 + (s43 * -1.4142135f));
                winograd_f_f32x8 s58 = s56 + (s57 * -2.0f);
                winograd_f_f32x8 s59 = s45 + (s46 * -1.4142135f);
                winograd_f_f32x8 s60 = s48 + (s49 * -1.4142135f);
                winograd_f_f32x8 s61 = s59 + (s60 * -2.0f);
                WINOGRAD_F_PUT_f32x8(t11->at[25][(y * 2) + y2][xo * 8]) = s58 + (s61 * 0.70710677f);
                WINOGRAD_F_PUT_f32x8(t11->at[26][(y * 2) + y2][xo * 8]) =
                    s58 + (s61 * -0.70710677f);
                winograd_f_f32x8 s62 = s56 + (s57 * -0.5f);
                winograd_f_f32x8 s63 = s59 + (s60 * -0.5f);
                WINOGRAD_F_PUT_f32x8(t11->at[27][(y * 2) + y2][xo * 8]) = s62 + (s63 * 1.4142135f);
                WINOGRAD_F_PUT_f32x8(t11->at[28][(y * 2) + y2][xo * 8]) = s62 + (s63 * -1.4142135f);
                WINOGRAD_F_PUT_f32x8(t11->at[29][(y * 2) + y2][xo * 8]) =
                    s54 + (s55 * -1.4142135f) + (s59 * -2.5f) + s60;
                winograd_f_f32x8 s64 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 5][(y2 * 4) + 4][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 3][(y2 * 4) + 4][xo * 8]) * -2.5f) +
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 1][(y2 * 4) + 4][xo * 8]);
                winograd_f_f32x8 s65 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 5][(y2 * 4) + 2][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 3][(y2 * 4) + 2][xo * 8]) * -2.5f) +
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 1][(y2 * 4) + 2][xo * 8]);
                const winograd_f_f32x8 v_3 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 5][y2 * 4][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 3][y2 * 4][xo * 8]) * -2.5f) +
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 1][y2 * 4][xo * 8]);
                WINOGRAD_F_PUT_f32x8(t11->at[30][(y * 2) + y2][xo * 8]) = s64 + (s65 * -2.5f) + v_3;
                winograd_f_f32x8 s66 = s64 + (s65 * -2.0f);
                winograd_f_f32x8 s67 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 5][(y2 * 4) + 3][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 3][(y2 * 4) + 3][xo * 8]) * -2.5f) +
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 1][(y2 * 4) + 3][xo * 8]);
                winograd_f_f32x8 s68 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 5][(y2 * 4) + 1][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 3][(y2 * 4) + 1][xo * 8]) * -2.5f) +
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 1][(y2 * 4) + 1][xo * 8]);
                winograd_f_f32x8 s69 = s67 + (s68 * -2.0f);
                WINOGRAD_F_PUT_f32x8(t11->at[31][(y * 2) + y2][xo * 8]) = s66 + (s69 * 0.70710677f);
                WINOGRAD_F_PUT_f32x8(t11->at[32][(y * 2) + y2][xo * 8]) =
                    s66 + (s69 * -0.70710677f);
                winograd_f_f32x8 s70 = s64 + (s65 * -0.5f);
                winograd_f_f32x8 s71 = s67 + (s68 * -0.5f);
                WINOGRAD_F_PUT_f32x8(t11->at[33][(y * 2) + y2][xo * 8]) = s70 + (s71 * 1.4142135f);
                WINOGRAD_F_PUT_f32x8(t11->at[34][(y * 2) + y2][xo * 8]) = s70 + (s71 * -1.4142135f);
                const winograd_f_f32x8 v_4 =
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 5][(y2 * 4) + 5][xo * 8]) +
                    (WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 3][(y2 * 4) + 5][xo * 8]) * -2.5f) +
                    WINOGRAD_F_AT_f32x8(x_halo->at[(y * 4) + 1][(y2 * 4) + 5][xo * 8]);
                WINOGRAD_F_PUT_f32x8(t11->at[35][(y * 2) + y2][xo * 8]) = v_4 + (s67 * -2.5f) + s68;
            }
        }
    }
}

/*
 * tile y 4; tile x 16; tile xi 8; order c xo yi xio xii; register yi xio xii; vectorize xii 8;
 * unroll yi xio
 */
static void winograd_copy_t10(const winograd_t_36x4x32 *restrict t11,
                              winograd_t_36x4x32 *restrict t10)
{
    for (int32_t c = 0; c < 36; ++c) {
        for (int32_t xo = 0; xo < 2; ++xo) {
            winograd_f_f32x8 sum[4][2];
#pragma GCC unroll 4
            for (int32_t yi = 0; yi < 4; ++yi) {
#pragma GCC unroll 2
                for (int32_t xio = 0; xio < 2; ++xio) {
                    sum[yi][xio] = WINOGRAD_F_SPLAT_f32x8(0.0f);
                }
            }
            for (int32_t k = 0; k < 32; ++k) {
                winograd_f_f32x8 held[2];
#pragma GCC unroll 2
                for (int32_t xio = 0; xio < 2; ++xio) {
                    held[xio] = WINOGRAD_F_AT_f32x8(winograd_constants.w_points[c][xo][k][xio][0]);
                    WINOGRAD_F_KEEP_f32x8(held[xio]);
                }
#pragma GCC unroll 4
                for (int32_t yi = 0; yi < 4; ++yi) {
#pragma GCC unroll 2
                    for (int32_t xio = 0; xio < 2; ++xio) {
                        sum[yi][xio] += t11->at[c][yi][k] * held[xio];
                    }
                }
            }
#pragma GCC unroll 4
            for (int32_t yi = 0; yi < 4; ++yi) {
#pragma GCC unroll 2
                for (int32_t xio = 0; xio < 2; ++xio) {
                    WINOGRAD_F_PUT_f32x8(t10->at[c][yi][(xo * 16) + (xio * 8)]) = sum[yi][xio];
                }
            }
        }
    }
}

/*
 * tile c 8; order y x co y2 x2 ci; vectorize ci 8; expand y2; expand x2; share ci
 */
static void winograd_copy_y(const winograd_t_36x4x32 *restrict t10, winograd_y *restrict y)
{
    for (int32_t y_2 = 0; y_2 < 2; ++y_2) {
        for (int32_t x = 0; x < 2; ++x) {
            for (int32_t co = 0; co < 4; ++co) {
                winograd_f_f32x8 s0 = WINOGRAD_F_AT_f32x8(t10->at[6][(y_2 * 2) + x][co * 8]) +
                                      WINOGRAD_F_AT_f32x8(t10->at[12][(y_2 * 2) + x][co * 8]);
                winograd_f_f32x8 s1 = WINOGRAD_F_AT_f32x8(t10->at[18][(y_2 * 2) + x][co * 8]) +
                                      WINOGRAD_F_AT_f32x8(t10->at[24][(y_2 * 2) + x][co * 8]);
                winograd_f_f32x8 s2 = WINOGRAD_F_AT_f32x8(t10->at[7][(y_2 * 2) + x][co * 8]) +
                                      WINOGRAD_F_AT_f32x8(t10->at[13][(y_2 * 2) + x][co * 8]);
                winograd_f_f32x8 s3 = WINOGRAD_F_AT_f32x8(t10->at[19][(y_2 * 2) + x][co * 8]) +
                                      WINOGRAD_F_AT_f32x8(t10->at[25][(y_2 * 2) + x][co * 8]);
                winograd_f_f32x8 s4 =
                    WINOGRAD_F_AT_f32x8(t10->at[1][(y_2 * 2) + x][co * 8]) + s2 + s3;
                winograd_f_f32x8 s5 = WINOGRAD_F_AT_f32x8(t10->at[8][(y_2 * 2) + x][co * 8]) +
                                      WINOGRAD_F_AT_f32x8(t10->at[14][(y_2 * 2) + x][co * 8]);
                winograd_f_f32x8 s6 = WINOGRAD_F_AT_f32x8(t10->at[20][(y_2 * 2) + x][co * 8]) +
                                      WINOGRAD_F_AT_f32x8(t10->at[26][(y_2 * 2) + x][co * 8]);
                winograd_f_f32x8 s7 =
                    WINOGRAD_F_AT_f32x8(t10->at[2][(y_2 * 2) + x][co * 8]) + s5 + s6;
                winograd_f_f32x8 s8 = s4 + s7;
                winograd_f_f32x8 s9 = WINOGRAD_F_AT_f32x8(t10->at[9][(y_2 * 2) + x][co * 8]) +
                                      WINOGRAD_F_AT_f32x8(t10->at[15][(y_2 * 2) + x][co * 8]);
                winograd_f_f32x8 s10 = WINOGRAD_F_AT_f32x8(t10->at[21][(y_2 * 2) + x][co * 8]) +
                                       WINOGRAD_F_AT_f32x8(t10->at[27][(y_2 * 2) + x][co * 8]);
                winograd_f_f32x8 s11 =
                    WINOGRAD_F_AT_f32x8(t10->at[3][(y_2 * 2) + x][co * 8]) + s9 + s10;
                winograd_f_f32x8 s12 = WINOGRAD_F_AT_f32x8(t10->at[10][(y_2 * 2) + x][co * 8]) +
                                       WINOGRAD_F_AT_f32x8(t10->at[16][(y_2 * 2) + x][co * 8]);
                winograd_f_f32x8 s13 = WINOGRAD_F_AT_f32x8(t10->at[22][(y_2 * 2) + x][co * 8]) +
                                       WINOGRAD_F_AT_f32x8(t10->at[28][(y_2 * 2) + x][co * 8]);
                winograd_f_f32x8 s14 =
                    WINOGRAD_F_AT_f32x8(t10->at[4][(y_2 * 2) + x][co * 8]) + s12 + s13;
                winograd_f_f32x8 s15 = s11 + s14;
                const winograd_f_f32x8 v = WINOGRAD_F_AT_f32x8(t10->at[0][(y_2 * 2) + x][co * 8]) +
                                           s0 + s1 + s8 + s15 +
                                           WINOGRAD_F_AT_f32x8(winograd_constants.b[co][0]);
                const winograd_f_f32x8 v_2 = WINOGRAD_F_MAX_f32x8(v, WINOGRAD_F_SPLAT_f32x8(0.0f));
                for (int32_t ci = 0; ci < 8; ++ci) {
                    y->at[0][(co * 8) + ci][y_2 * 4][x * 4] = v_2[ci];
                }
                winograd_f_f32x8 s16 = s4 - s7;
                winograd_f_f32x8 s17 = s11 - s14;
                const winograd_f_f32x8 v_3 = (s16 * 0.70710677f) + (s17 * 1.4142135f) +
                                             WINOGRAD_F_AT_f32x8(winograd_constants.b[co][0]);
                const winograd_f_f32x8 v_4 =
                    WINOGRAD_F_MAX_f32x8(v_3, WINOGRAD_F_SPLAT_f32x8(0.0f));
                for (int32_t ci_2 = 0; ci_2 < 8; ++ci_2) {
                    y->at[0][(co * 8) + ci_2][y_2 * 4][(x * 4) + 1] = v_4[ci_2];
                }
                const winograd_f_f32x8 v_5 =
                    (s8 * 0.5f) + (s15 * 2.0f) + WINOGRAD_F_AT_f32x8(winograd_constants.b[co][0]);
                const winograd_f_f32x8 v_6 =
                    WINOGRAD_F_MAX_f32x8(v_5, WINOGRAD_F_SPLAT_f32x8(0.0f));
                for (int32_t ci_3 = 0; ci_3 < 8; ++ci_3) {
                    y->at[0][(co * 8) + ci_3][y_2 * 4][(x * 4) + 2] = v_6[ci_3];
                }
                winograd_f_f32x8 s18 = WINOGRAD_F_AT_f32x8(t10->at[11][(y_2 * 2) + x][co * 8]) +
                                       WINOGRAD_F_AT_f32x8(t10->at[17][(y_2 * 2) + x][co * 8]);
                winograd_f_f32x8 s19 = WINOGRAD_F_AT_f32x8(t10->at[23][(y_2 * 2) + x][co * 8]) +
                                       WINOGRAD_F_AT_f32x8(t10->at[29][(y_2 * 2) + x][co * 8]);
                const winograd_f_f32x8 v_7 =
                    (s16 * 0.35355338f) + (s17 * 2.828427f) +
                    (WINOGRAD_F_AT_f32x8(t10->at[5][(y_2 * 2) + x][co * 8]) + s18 + s19) +
                    WINOGRAD_F_AT_f32x8(winograd_constants.b[co][0]);
                const winograd_f_f32x8 v_8 =
                    WINOGRAD_F_MAX_f32x8(v_7, WINOGRAD_F_SPLAT_f32x8(0.0f));
                for (int32_t ci_4 = 0; ci_4 < 8; ++ci_4) {
                    y->at[0][(co * 8) + ci_4][y_2 * 4][(x * 4) + 3] = v_8[ci_4];
                }
                winograd_f_f32x8 s20 = WINOGRAD_F_AT_f32x8(t10->at[6][(y_2 * 2) + x][co * 8]) -
                                       WINOGRAD_F_AT_f32x8(t10->at[12][(y_2 * 2) + x][co * 8]);
                winograd_f_f32x8 s21 = WINOGRAD_F_AT_f32x8(t10->at[18][(y_2 * 2) + x][co * 8]) -
                                       WINOGRAD_F_AT_f32x8(t10->at[24][(y_2 * 2) + x][co * 8]);
                winograd_f_f32x8 s22 = WINOGRAD_F_AT_f32x8(t10->at[7][(y_2 * 2) + x][co * 8]) -
                                       WINOGRAD_F_AT_f32x8(t10->at[13][(y_2 * 2) + x][co * 8]);
                winograd_f_f32x8 s23 = WINOGRAD_F_AT_f32x8(t10->at[19][(y_2 * 2) + x][co * 8]) -
                                       WINOGRAD_F_AT_f32x8(t10->at[25][(y_2 * 2) + x][co * 8]);
                winograd_f_f32x8 s24 = (s22 * 0.70710677f) + (s23 * 1.4142135f);
                winograd_f_f32x8 s25 = WINOGRAD_F_AT_f32x8(t10->at[8][(y_2 * 2) + x][co * 8]) -
                                       WINOGRAD_F_AT_f32x8(t10->at[14][(y_2 * 2) + x][co * 8]);
                winograd_f_f32x8 s26 = WINOGRAD_F_AT_f32x8(t10->at[20][(y_2 * 2) + x][co * 8]) -
                                       WINOGRAD_F_AT_f32x8(t10->at[26][(y_2 * 2) + x][co * 8]);
                winograd_f_f32x8 s27 = (s25 * 0.70710677f) + (s26 * 1.4142135f);
                winograd_f_f32x8 s28 = s24 + s27;
                winograd_f_f32x8 s29 = WINOGRAD_F_AT_f32x8(t10->at[9][(y_2 * 2) + x][co * 8]) -
                                       WINOGRAD_F_AT_f32x8(t10->at[15][(y_2 * 2) + x][co * 8]);
                winograd_f_f32x8 s30 = WINOGRAD_F_AT_f32x8(t10->at[21][(y_2 * 2) + x][co * 8]) -
                                       WINOGRAD_F_AT_f32x8(t10->at[27][(y_2 * 2) + x][co * 8]);
                winograd_f_f32x8 s31 = (s29 * 0.70710677f) + (s30 * 1.4142135f);
                winograd_f_f32x8 s32 = WINOGRAD_F_AT_f32x8(t10->at[10][(y_2 * 2) + x][co * 8]) -
                                       WINOGRAD_F_AT_f32x8(t10->at[16][(y_2 * 2) + x][co * 8]);
                winograd_f_f32x8 s33 = WINOGRAD_F_AT_f32x8(t10->at[22][(y_2 * 2) + x][co * 8]) -
                                       WINOGRAD_F_AT_f32x8(t10->at[28][(y_2 * 2) + x][co * 8]);
                winograd_f_f32x8 s34 = (s32 * 0.70710677f) + (s33 * 1.4142135f);
                winograd_f_f32x8 s35 = s31 + s34;
                const winograd_f_f32x8 v_9 = (s20 * 0.70710677f) + (s21 * 1.4142135f) + s28 + s35 +
                                             WINOGRAD_F_AT_f32x8(winograd_constants.b[co][0]);
                const winograd_f_f32x8 v_10 =
                    WINOGRAD_F_MAX_f32x8(v_9, WINOGRAD_F_SPLAT_f32x8(0.0f));
                for (int32_t ci_5 = 0; ci_5 < 8; ++ci_5) {
                    y->at[0][(co * 8) + ci_5][(y_2 * 4) + 1][x * 4] = v_10[ci_5];
                }
                winograd_f_f32x8 s36 = s24 - s27;
                winograd_f_f32x8 s37 = s31 - s34;
                const winograd_f_f32x8 v_11 = (s36 * 0.70710677f) + (s37 * 1.4142135f) +
                                              WINOGRAD_F_AT_f32x8(winograd_constants.b[co][0]);
                const winograd_f_f32x8 v_12 =
                    WINOGRAD_F_MAX_f32x8(v_11, WINOGRAD_F_SPLAT_f32x8(0.0f));
                for (int32_t ci_6 = 0; ci_6 < 8; ++ci_6) {
                    y->at[0][(co * 8) + ci_6][(y_2 * 4) + 1][(x * 4) + 1] = v_12[ci_6];
                }
                const winograd_f_f32x8 v_13 =
                    (s28 * 0.5f) + (s35 * 2.0f) + WINOGRAD_F_AT_f32x8(winograd_constants.b[co][0]);
                const winograd_f_f32x8 v_14 =
                    WINOGRAD_F_MAX_f32x8(v_13, WINOGRAD_F_SPLAT_f32x8(0.0f));
                for (int32_t ci_7 = 0; ci_7 < 8; ++ci_7) {
                    y->at[0][(co * 8) + ci_7][(y_2 * 4) + 1][(x * 4) + 2] = v_14[ci_7];
                }
                winograd_f_f32x8 s38 = WINOGRAD_F_AT_f32x8(t10->at[11][(y_2 * 2) + x][co * 8]) -
                                       WINOGRAD_F_AT_f32x8(t10->at[17][(y_2 * 2) + x][co * 8]);
                winograd_f_f32x8 s39 = WINOGRAD_F_AT_f32x8(t10->at[23][(y_2 * 2) + x][co * 8]) -
                                       WINOGRAD_F_AT_f32x8(t10->at[29][(y_2 * 2) + x][co * 8]);
                const winograd_f_f32x8 v_15 = (s36 * 0.35355338f) + (s37 * 2.828427f) +
                                              ((s38 * 0.70710677f) + (s39 * 1.4142135f)) +
                                              WINOGRAD_F_AT_f32x8(winograd_constants.b[co][0]);
                const winograd_f_f32x8 v_16 =
                    WINOGRAD_F_MAX_f32x8(v_15, WINOGRAD_F_SPLAT_f32x8(0.0f));
                for (int32_t ci_8 = 0; ci_8 < 8; ++ci_8) {
                    y->at[0][(co * 8) + ci_8][(y_2 * 4) + 1][(x * 4) + 3] = v_16[ci_8];
                }
                winograd_f_f32x8 s40 = (s2 * 0.5f) + (s3 * 2.0f);
                winograd_f_f32x8 s41 = (s5 * 0.5f) + (s6 * 2.0f);
                winograd_f_f32x8 s42 = s40 + s41;
                winograd_f_f32x8 s43 = (s9 * 0.5f) + (s10 * 2.0f);
                winograd_f_f32x8 s44 = (s12 * 0.5f) + (s13 * 2.0f);
                winograd_f_f32x8 s45 = s43 + s44;
                const winograd_f_f32x8 v_17 = (s0 * 0.5f) + (s1 * 2.0f) + s42 + s45 +
                                              WINOGRAD_F_AT_f32x8(winograd_constants.b[co][0]);
                const winograd_f_f32x8 v_18 =
                    WINOGRAD_F_MAX_f32x8(v_17, WINOGRAD_F_SPLAT_f32x8(0.0f));
                for (int32_t ci_9 = 0; ci_9 < 8; ++ci_9) {
                    y->at[0][(co * 8) + ci_9][(y_2 * 4) + 2][x * 4] = v_18[ci_9];
                }
                winograd_f_f32x8 s46 = s40 - s41;
                winograd_f_f32x8 s47 = s43 - s44;
                const winograd_f_f32x8 v_19 = (s46 * 0.70710677f) + (s47 * 1.4142135f) +
                                              WINOGRAD_F_AT_f32x8(winograd_constants.b[co][0]);
                const winograd_f_f32x8 v_20 =
                    WINOGRAD_F_MAX_f32x8(v_19, WINOGRAD_F_SPLAT_f32x8(0.0f));
                for (int32_t ci_10 = 0; ci_10 < 8; ++ci_10) {
                    y->at[0][(co * 8) + ci_10][(y_2 * 4) + 2][(x * 4) + 1] = v_20[ci_10];
                }
                const winograd_f_f32x8 v_21 =
                    (s42 * 0.5f) + (s45 * 2.0f) + WINOGRAD_F_AT_f32x8(winograd_constants.b[co][0]);
                const winograd_f_f32x8 v_22 =
                    WINOGRAD_F_MAX_f32x8(v_21, WINOGRAD_F_SPLAT_f32x8(0.0f));
                for (int32_t ci_11 = 0; ci_11 < 8; ++ci_11) {
                    y->at[0][(co * 8) + ci_11][(y_2 * 4) + 2][(x * 4) + 2] = v_22[ci_11];
                }
                const winograd_f_f32x8 v_23 = (s46 * 0.35355338f) + (s47 * 2.828427f) +
                                              ((s18 * 0.5f) + (s19 * 2.0f)) +
                                              WINOGRAD_F_AT_f32x8(winograd_constants.b[co][0]);
                const winograd_f_f32x8 v_24 =
                    WINOGRAD_F_MAX_f32x8(v_23, WINOGRAD_F_SPLAT_f32x8(0.0f));
                for (int32_t ci_12 = 0; ci_12 < 8; ++ci_12) {
                    y->at[0][(co * 8) + ci_12][(y_2 * 4) + 2][(x * 4) + 3] = v_24[ci_12];
                }
                winograd_f_f32x8 s48 = (s22 * 0.35355338f) + (s23 * 2.828427f) +
                                       WINOGRAD_F_AT_f32x8(t10->at[31][(y_2 * 2) + x][co * 8]);
                winograd_f_f32x8 s49 = (s25 * 0.35355338f) + (s26 * 2.828427f) +
                                       WINOGRAD_F_AT_f32x8(t10->at[32][(y_2 * 2) + x][co * 8]);
                winograd_f_f32x8 s50 = s48 + s49;
                winograd_f_f32x8 s51 = (s29 * 0.35355338f) + (s30 * 2.828427f) +
                                       WINOGRAD_F_AT_f32x8(t10->at[33][(y_2 * 2) + x][co * 8]);
                winograd_f_f32x8 s52 = (s32 * 0.35355338f) + (s33 * 2.828427f) +
                                       WINOGRAD_F_AT_f32x8(t10->at[34][(y_2 * 2) + x][co * 8]);
                winograd_f_f32x8 s53 = s51 + s52;
                const winograd_f_f32x8 v_25 =
                    (s20 * 0.35355338f) + (s21 * 2.828427f) +
                    WINOGRAD_F_AT_f32x8(t10->at[30][(y_2 * 2) + x][co * 8]) + s50 + s53 +
                    WINOGRAD_F_AT_f32x8(winograd_constants.b[co][0]);
                const winograd_f_f32x8 v_26 =
                    WINOGRAD_F_MAX_f32x8(v_25, WINOGRAD_F_SPLAT_f32x8(0.0f));
                for (int32_t ci_13 = 0; ci_13 < 8; ++ci_13) {
                    y->at[0][(co * 8) + ci_13][(y_2 * 4) + 3][x * 4] = v_26[ci_13];
                }
                winograd_f_f32x8 s54 = s48 - s49;
                winograd_f_f32x8 s55 = s51 - s52;
                const winograd_f_f32x8 v_27 = (s54 * 0.70710677f) + (s55 * 1.4142135f) +
                                              WINOGRAD_F_AT_f32x8(winograd_constants.b[co][0]);
                const winograd_f_f32x8 v_28 =
                    WINOGRAD_F_MAX_f32x8(v_27, WINOGRAD_F_SPLAT_f32x8(0.0f));
                for (int32_t ci_14 = 0; ci_14 < 8; ++ci_14) {
                    y->at[0][(co * 8) + ci_14][(y_2 * 4) + 3][(x * 4) + 1] = v_28[ci_14];
                }
                const winograd_f_f32x8 v_29 =
                    (s50 * 0.5f) + (s53 * 2.0f) + WINOGRAD_F_AT_f32x8(winograd_constants.b[co][0]);
                const winograd_f_f32x8 v_30 =
                    WINOGRAD_F_MAX_f32x8(v_29, WINOGRAD_F_SPLAT_f32x8(0.0f));
                for (int32_t ci_15 = 0; ci_15 < 8; ++ci_15) {
                    y->at[0][(co * 8) + ci_15][(y_2 * 4) + 3][(x * 4) + 2] = v_30[ci_15];
                }
                const winograd_f_f32x8 v_31 =
                    (s54 * 0.35355338f) + (s55 * 2.828427f) +
                    ((s38 * 0.35355338f) + (s39 * 2.828427f) +
                     WINOGRAD_F_AT_f32x8(t10->at[35][(y_2 * 2) + x][co * 8])) +
                    WINOGRAD_F_AT_f32x8(winograd_constants.b[co][0]);
                const winograd_f_f32x8 v_32 =
                    WINOGRAD_F_MAX_f32x8(v_31, WINOGRAD_F_SPLAT_f32x8(0.0f));
                for (int32_t ci_16 = 0; ci_16 < 8; ++ci_16) {
                    y->at[0][(co * 8) + ci_16][(y_2 * 4) + 3][(x * 4) + 3] = v_32[ci_16];
                }
            }
        }
    }
}

/*
 * order c y x; vectorize x 8; thread c y
 */
static void frame_copy_t36(const frame_x *restrict x, frame_t_t36 *restrict t36, int32_t part,
                           int32_t parts)
{
    if (part == 0) {
        for (int32_t i = 0; i < 8; ++i) {
            for (int32_t j = 0; j < 10; ++j) {
                t36->at[i][0][j] = -INFINITY;
                t36->at[i][9][j] = -INFINITY;
            }
        }
        for (int32_t i = 0; i < 8; ++i) {
            for (int32_t j = 0; j < 8; ++j) {
                t36->at[i][j + 1][0] = -INFINITY;
                t36->at[i][j + 1][9] = -INFINITY;
            }
        }
    }
    const int32_t first = (64 * part) / parts;
    const int32_t end = (64 * (part + 1)) / parts;
    for (int32_t turn = first; turn < end; ++turn) {
        const int32_t c = turn / 8;
        const int32_t y = turn % 8;
        frame_f_f32x8 v = FRAME_F_AT_f32x8(x->at[0][c][y][0]);
        frame_f_exp_f32x8(&v);
        FRAME_F_PUT_f32x8(t36->at[c][y + 1][1]) = v;
    }
}

/*
 * tile x 4; order c y xi; order ky kx; register xi; vectorize xi 4; unroll kx; thread c y
 */
static void frame_copy_y(const frame_t_t36 *restrict t36, frame_y *restrict y, int32_t part,
                         int32_t parts)
{
    const int32_t first = (32 * part) / parts;
    const int32_t end = (32 * (part + 1)) / parts;
    for (int32_t turn = first; turn < end; ++turn) {
        const int32_t c = turn / 4;
        const int32_t y_2 = turn % 4;
        frame_f_f32x4 largest = FRAME_F_SPLAT_f32x4(-INFINITY);
        for (int32_t ky = 0; ky < 3; ++ky) {
#pragma GCC unroll 3
            for (int32_t kx = 0; kx < 3; ++kx) {
                frame_f_f32x4 v = {0};
#pragma GCC unroll 4
                for (int32_t xi = 0; xi < 4; ++xi) {
                    v[xi] = t36->at[c][(y_2 * 2) + ky][kx + (xi * 2)];
                }
                largest = FRAME_F_MAX_f32x4(largest, v);
            }
        }
        FRAME_F_PUT_f32x4(y->at[0][c][y_2][0]) = largest;
    }
}

/*
 * order y c x; vectorize x 8; thread y c
 */
static void frame_copy_t36(const frame_x *restrict x, frame_t_t36 *restrict t36, int32_t part,
                           int32_t parts)
{
    if (part == 0) {
        for (int32_t i = 0; i < 10; ++i) {
            for (int32_t j = 0; j < 8; ++j) {
                t36->at[0][i][j] = -INFINITY;
                t36->at[9][i][j] = -INFINITY;
            }
        }
        for (int32_t i = 0; i < 8; ++i) {
            for (int32_t j = 0; j < 8; ++j) {
                t36->at[i + 1][0][j] = -INFINITY;
                t36->at[i + 1][9][j] = -INFINITY;
            }
        }
    }
    const int32_t first = (64 * part) / parts;
    const int32_t end = (64 * (part + 1)) / parts;
    for (int32_t turn = first; turn < end; ++turn) {
        const int32_t y = turn / 8;
        const int32_t c = turn % 8;
        frame_f_f32x8 v = FRAME_F_AT_f32x8(x->at[0][c][y][0]);
        frame_f_exp_f32x8(&v);
        for (int32_t x_2 = 0; x_2 < 8; ++x_2) {
            t36->at[y + 1][x_2 + 1][c] = v[x_2];
        }
    }
}

/*
 * tile c 8; order y x ci; order ky kx; register ci; vectorize ci 8; unroll kx; thread y x
 */
static void frame_copy_y(const frame_t_t36 *restrict t36, frame_y *restrict y, int32_t part,
                         int32_t parts)
{
    const int32_t first = (16 * part) / parts;
    const int32_t end = (16 * (part + 1)) / parts;
    for (int32_t turn = first; turn < end; ++turn) {
        const int32_t y_2 = turn / 4;
        const int32_t x = turn % 4;
        frame_f_f32x8 largest = FRAME_F_SPLAT_f32x8(-INFINITY);
        for (int32_t ky = 0; ky < 3; ++ky) {
#pragma GCC unroll 3
            for (int32_t kx = 0; kx < 3; ++kx) {
                const frame_f_f32x8 v = FRAME_F_AT_f32x8(t36->at[(y_2 * 2) + ky][(x * 2) + kx][0]);
                largest = FRAME_F_MAX_f32x8(largest, v);
            }
        }
        for (int32_t ci = 0; ci < 8; ++ci) {
            y->at[0][ci][y_2][x] = largest[ci];
        }
    }
}

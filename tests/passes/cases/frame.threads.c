/*
 * order c y x; vectorize x 8; thread c y
 */
static void frame_copy_t34(const frame_x *restrict x, frame_t_t34 *restrict t34, int32_t part,
                           int32_t parts)
{
    if (part == 0) {
        for (int32_t i = 0; i < 8; ++i) {
            for (int32_t j = 0; j < 10; ++j) {
                t34->at[i][0][j] = -INFINITY;
                t34->at[i][9][j] = -INFINITY;
            }
        }
        for (int32_t i = 0; i < 8; ++i) {
            for (int32_t j = 0; j < 8; ++j) {
                t34->at[i][j + 1][0] = -INFINITY;
                t34->at[i][j + 1][9] = -INFINITY;
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
        FRAME_F_PUT_f32x8(t34->at[c][y + 1][1]) = v;
    }
}

/*
 * order c y x; thread c y
 */
static void frame_copy_y(const frame_t_t34 *restrict t34, frame_y *restrict y, int32_t part,
                         int32_t parts)
{
    const int32_t first = (32 * part) / parts;
    const int32_t end = (32 * (part + 1)) / parts;
    for (int32_t turn = first; turn < end; ++turn) {
        const int32_t c = turn / 4;
        const int32_t y_2 = turn % 4;
        for (int32_t x = 0; x < 4; ++x) {
            float largest = -INFINITY;
            for (int32_t ky = 0; ky < 3; ++ky) {
                for (int32_t kx = 0; kx < 3; ++kx) {
                    largest = (largest < t34->at[c][(y_2 * 2) + ky][(x * 2) + kx])
                                  ? t34->at[c][(y_2 * 2) + ky][(x * 2) + kx]
                                  : largest;
                }
            }
            y->at[0][c][y_2][x] = largest;
        }
    }
}

static void frame_copy_t20(const frame_x *x, frame_t_t20 *t20)
{
    for (int32_t i = 0; i < 8; ++i) {
        for (int32_t j = 0; j < 10; ++j) {
            t20->at[i][0][j] = -INFINITY;
            t20->at[i][9][j] = -INFINITY;
        }
    }
    for (int32_t i = 0; i < 8; ++i) {
        for (int32_t j = 0; j < 8; ++j) {
            t20->at[i][j + 1][0] = -INFINITY;
            t20->at[i][j + 1][9] = -INFINITY;
        }
    }
    for (int32_t c = 0; c < 8; ++c) {
        for (int32_t y = 0; y < 8; ++y) {
            for (int32_t x_2 = 0; x_2 < 8; ++x_2) {
                t20->at[c][y + 1][x_2 + 1] = frame_f_exp_f32(x->at[0][c][y][x_2]);
            }
        }
    }
}

static void frame_copy_y(const frame_t_t20 *t20, frame_y *y)
{
    for (int32_t c = 0; c < 8; ++c) {
        for (int32_t y_2 = 0; y_2 < 4; ++y_2) {
            for (int32_t x = 0; x < 4; ++x) {
                float largest = -INFINITY;
                for (int32_t ky = 0; ky < 3; ++ky) {
                    for (int32_t kx = 0; kx < 3; ++kx) {
                        largest = (largest < t20->at[c][(y_2 * 2) + ky][(x * 2) + kx])
                                      ? t20->at[c][(y_2 * 2) + ky][(x * 2) + kx]
                                      : largest;
                    }
                }
                y->at[0][c][y_2][x] = largest;
            }
        }
    }
}

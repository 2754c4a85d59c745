static void convolution_copy_x_halo(const convolution_x *x, convolution_t_x_halo *x_halo)
{
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
    for (int32_t c = 0; c < 8; ++c) {
        for (int32_t y = 0; y < 12; ++y) {
            for (int32_t x_2 = 0; x_2 < 12; ++x_2) {
                x_halo->at[c][y + 1][x_2 + 1] = x->at[0][c][y][x_2];
            }
        }
    }
}

static void convolution_copy_y(const convolution_t_x_halo *x_halo, const convolution_r *r,
                               convolution_y *y)
{
    for (int32_t c = 0; c < 16; ++c) {
        for (int32_t y_2 = 0; y_2 < 12; ++y_2) {
            for (int32_t x = 0; x < 12; ++x) {
                float sum = convolution_constants.b[c];
                for (int32_t in = 0; in < 8; ++in) {
                    for (int32_t ky = 0; ky < 3; ++ky) {
                        for (int32_t kx = 0; kx < 3; ++kx) {
                            sum += x_halo->at[in][y_2 + ky][x + kx] *
                                   convolution_constants.w[c][in][ky][kx];
                        }
                    }
                }
                const float v = sum + r->at[0][c][y_2][x];
                y->at[0][c][y_2][x] = (v < 0.0f) ? 0.0f : v;
            }
        }
    }
}

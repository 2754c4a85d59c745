static void batch_norm_copy_y(const batch_norm_x *x, batch_norm_y *y)
{
    for (int32_t i = 0; i < 4; ++i) {
        for (int32_t j = 0; j < 16; ++j) {
            float sum = batch_norm_constants.h[j];
            for (int32_t k = 0; k < 24; ++k) {
                sum += x->at[i][k] * batch_norm_constants.w_g[j][k];
            }
            y->at[i][j] = (sum < 0.0f) ? 0.0f : sum;
        }
    }
}

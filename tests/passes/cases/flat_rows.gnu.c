/*
 * flatten c y; tile cy 5; tile x 16; tile xi 8; order cyo cyi xio xii; register cyi xio xii;
 * vectorize xii 8; unroll cyi xio
 */
static void flat_rows_copy_y(const flat_rows_x *restrict x, flat_rows_y *restrict y)
{
    for (int32_t cyo = 0; cyo < 10; ++cyo) {
        const int32_t cy0 = ((cyo * 5) < 44) ? (cyo * 5) : 44;
        flat_rows_f_f32x8 sum[5][2];
#pragma GCC unroll 5
        for (int32_t cyi = 0; cyi < 5; ++cyi) {
#pragma GCC unroll 2
            for (int32_t xio = 0; xio < 2; ++xio) {
                sum[cyi][xio] = FLAT_ROWS_F_SPLAT_f32x8(0.0f);
            }
        }
        for (int32_t k = 0; k < 160; ++k) {
            flat_rows_f_f32x8 held[2];
#pragma GCC unroll 2
            for (int32_t xio = 0; xio < 2; ++xio) {
                held[xio] = FLAT_ROWS_F_AT_f32x8(flat_rows_constants.w[k][xio][0]);
                FLAT_ROWS_F_KEEP_f32x8(held[xio]);
            }
#pragma GCC unroll 5
            for (int32_t cyi = 0; cyi < 5; ++cyi) {
#pragma GCC unroll 2
                for (int32_t xio = 0; xio < 2; ++xio) {
                    sum[cyi][xio] += x->at[(cyi + cy0) / 7][(cyi + cy0) % 7][k] * held[xio];
                }
            }
        }
#pragma GCC unroll 5
        for (int32_t cyi = 0; cyi < 5; ++cyi) {
#pragma GCC unroll 2
            for (int32_t xio = 0; xio < 2; ++xio) {
                FLAT_ROWS_F_PUT_f32x8(y->at[(cyi + cy0) / 7][(cyi + cy0) % 7][xio * 8]) =
                    sum[cyi][xio];
            }
        }
    }
}

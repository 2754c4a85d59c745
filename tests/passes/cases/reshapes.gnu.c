/*
 * order i j j2
 */
static void reshapes_copy_z(const reshapes_x *restrict x, const reshapes_y *restrict y,
                            reshapes_z *restrict z)
{
    for (int32_t i = 0; i < 10; ++i) {
        for (int32_t j = 0; j < 6; ++j) {
            for (int32_t j2 = 0; j2 < 8; ++j2) {
                z->at[i][(j * 8) + j2] = x->at[j][j2][-i + 9] * y->at[i][(j * 8) + j2];
            }
        }
    }
}

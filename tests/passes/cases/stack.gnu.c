/*
 * tile j 8; order i jo i2 ji; vectorize ji 8; expand i2; share ji
 */
static void stack_copy_z(const stack_x *restrict x, const stack_y *restrict y, stack_z *restrict z)
{
    for (int32_t i = 0; i < 6; ++i) {
        for (int32_t jo = 0; jo < 2; ++jo) {
            stack_f_f32x8 v = STACK_F_AT_f32x8(x->at[i][jo * 8]);
            stack_f_exp_f32x8(&v);
            stack_f_f32x8 s0 = v * STACK_F_AT_f32x8(y->at[i][jo * 8]);
            const stack_f_f32x8 v_2 = s0 + STACK_F_AT_f32x8(x->at[i][jo * 8]);
            STACK_F_PUT_f32x8(z->at[i * 2][jo * 8]) =
                STACK_F_MAX_f32x8(v_2, STACK_F_SPLAT_f32x8(0.0f));
            const stack_f_f32x8 v_3 = s0 - STACK_F_AT_f32x8(x->at[i][jo * 8]);
            STACK_F_PUT_f32x8(z->at[(i * 2) + 1][jo * 8]) =
                STACK_F_MAX_f32x8(v_3, STACK_F_SPLAT_f32x8(0.0f));
        }
    }
}

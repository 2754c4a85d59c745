/*
 * lanes k 1 8; vectorize kl 8; vectorize ki 8 | tile j 8; order i jo ji; vectorize ji 8 | lanes k 1
 * 8; vectorize kl 8; vectorize ki 8 | tile j 8; order i jo ji; vectorize ji 8; thread i
 */
static void softmax_copy_t52(const softmax_x *restrict x, softmax_y *restrict y, int32_t part,
                             int32_t parts)
{
    const int32_t first = (6 * part) / parts;
    const int32_t end = (6 * (part + 1)) / parts;
    for (int32_t i = first; i < end; ++i) {
        float total;
        float row[40];
        float most;
        float largest = -INFINITY;
        softmax_f_f32x8 largest_part = SOFTMAX_F_SPLAT_f32x8(-INFINITY);
        for (int32_t ko = 0; ko < 5; ++ko) {
            const softmax_f_f32x8 v = SOFTMAX_F_AT_f32x8(x->at[i][ko * 8]);
            largest_part = SOFTMAX_F_MAX_f32x8(largest_part, v);
        }
        const float v = softmax_f_largest_f32x8(&largest_part);
        largest = (largest < v) ? v : largest;
        most = -largest;
        for (int32_t jo = 0; jo < 5; ++jo) {
            softmax_f_f32x8 v_2 = SOFTMAX_F_AT_f32x8(x->at[i][jo * 8]) + most;
            softmax_f_exp_f32x8(&v_2);
            SOFTMAX_F_PUT_f32x8(row[jo * 8]) = v_2;
        }
        float sum = 0.0f;
        softmax_f_f32x8 sum_part = SOFTMAX_F_SPLAT_f32x8(0.0f);
        for (int32_t ko = 0; ko < 5; ++ko) {
            sum_part += SOFTMAX_F_AT_f32x8(row[ko * 8]);
        }
        sum += softmax_f_sum_f32x8(&sum_part);
        total = sum;
        for (int32_t jo = 0; jo < 5; ++jo) {
            SOFTMAX_F_PUT_f32x8(y->at[i][jo * 8]) = SOFTMAX_F_AT_f32x8(row[jo * 8]) / total;
        }
    }
}

/*
 * tile y 5; tile x 16; tile xi 8; order c xo yo yi xio xii; register yi xio xii; stage xo k xio
 * xii; vectorize xii 8; unroll yi xio
 */
static void gathered_copy_t6(const gathered_q *restrict q, const gathered_k *restrict k,
                             gathered_t_t6 *restrict t6)
{
    for (int32_t c = 0; c < 2; ++c) {
        for (int32_t xo = 0; xo < 2; ++xo) {
            float panel[24][2][8] __attribute__((aligned(32)));
            for (int32_t k_2 = 0; k_2 < 24; ++k_2) {
#pragma GCC unroll 2
                for (int32_t xio = 0; xio < 2; ++xio) {
                    for (int32_t xii = 0; xii < 8; ++xii) {
                        panel[k_2][xio][xii] = k->at[c][(xo * 16) + (xio * 8) + xii][k_2];
                    }
                }
            }
            for (int32_t yo = 0; yo < 8; ++yo) {
                gathered_f_f32x8 sum[5][2];
#pragma GCC unroll 5
                for (int32_t yi = 0; yi < 5; ++yi) {
#pragma GCC unroll 2
                    for (int32_t xio = 0; xio < 2; ++xio) {
                        sum[yi][xio] = GATHERED_F_SPLAT_f32x8(0.0f);
                    }
                }
                for (int32_t k_2 = 0; k_2 < 24; ++k_2) {
                    gathered_f_f32x8 held[2];
#pragma GCC unroll 2
                    for (int32_t xio = 0; xio < 2; ++xio) {
                        held[xio] = GATHERED_F_AT_f32x8(panel[k_2][xio][0]);
                        GATHERED_F_KEEP_f32x8(held[xio]);
                    }
#pragma GCC unroll 5
                    for (int32_t yi = 0; yi < 5; ++yi) {
#pragma GCC unroll 2
                        for (int32_t xio = 0; xio < 2; ++xio) {
                            sum[yi][xio] += q->at[c][(yo * 5) + yi][k_2] * held[xio];
                        }
                    }
                }
#pragma GCC unroll 5
                for (int32_t yi = 0; yi < 5; ++yi) {
#pragma GCC unroll 2
                    for (int32_t xio = 0; xio < 2; ++xio) {
                        GATHERED_F_PUT_f32x8(t6->at[c][(yo * 5) + yi][(xo * 16) + (xio * 8)]) =
                            sum[yi][xio];
                    }
                }
            }
        }
    }
}

/*
 * lanes k 4 8; vectorize kl 8; vectorize ki 8; unroll klo kio | tile x 8; order c y xo xi;
 * vectorize xi 8 | lanes k 4 8; vectorize kl 8; vectorize ki 8; unroll klo kio | tile x 8; order c
 * y xo xi; vectorize xi 8 | tile y 4; register yi; unroll yi
 */
static void gathered_copy_t5(const gathered_t_t6 *restrict t6, gathered_y *restrict y)
{
    for (int32_t c = 0; c < 2; ++c) {
        for (int32_t yo = 0; yo < 10; ++yo) {
            float total[4];
            float row[4][32] __attribute__((aligned(32)));
            float most[4];
            float largest[4];
#pragma GCC unroll 4
            for (int32_t yi = 0; yi < 4; ++yi) {
                largest[yi] = -INFINITY;
            }
            gathered_f_f32x8 largest_part[4][4];
#pragma GCC unroll 4
            for (int32_t klo = 0; klo < 4; ++klo) {
#pragma GCC unroll 4
                for (int32_t yi = 0; yi < 4; ++yi) {
                    largest_part[yi][klo] = GATHERED_F_SPLAT_f32x8(-INFINITY);
                }
            }
#pragma GCC unroll 4
            for (int32_t kio = 0; kio < 4; ++kio) {
#pragma GCC unroll 4
                for (int32_t yi = 0; yi < 4; ++yi) {
                    const gathered_f_f32x8 v =
                        GATHERED_F_AT_f32x8(t6->at[c][(yo * 4) + yi][kio * 8]);
                    largest_part[yi][kio] = GATHERED_F_MAX_f32x8(largest_part[yi][kio], v);
                }
            }
#pragma GCC unroll 4
            for (int32_t yi = 0; yi < 4; ++yi) {
                const gathered_f_f32x8 v =
                    GATHERED_F_MAX_f32x8(largest_part[yi][0], largest_part[yi][2]);
                const gathered_f_f32x8 v_2 =
                    GATHERED_F_MAX_f32x8(largest_part[yi][1], largest_part[yi][3]);
                largest_part[yi][0] = GATHERED_F_MAX_f32x8(v, v_2);
            }
#pragma GCC unroll 4
            for (int32_t yi = 0; yi < 4; ++yi) {
                const float v = gathered_f_largest_f32x8(&largest_part[yi][0]);
                largest[yi] = (largest[yi] < v) ? v : largest[yi];
            }
#pragma GCC unroll 4
            for (int32_t yi = 0; yi < 4; ++yi) {
                most[yi] = -largest[yi];
            }
            for (int32_t xo = 0; xo < 4; ++xo) {
#pragma GCC unroll 4
                for (int32_t yi = 0; yi < 4; ++yi) {
                    gathered_f_f32x8 v =
                        GATHERED_F_AT_f32x8(t6->at[c][(yo * 4) + yi][xo * 8]) + most[yi];
                    gathered_f_exp_f32x8(&v);
                    GATHERED_F_PUT_f32x8(row[yi][xo * 8]) = v;
                }
            }
            float sum[4];
#pragma GCC unroll 4
            for (int32_t yi = 0; yi < 4; ++yi) {
                sum[yi] = 0.0f;
            }
            gathered_f_f32x8 sum_part[4][4];
#pragma GCC unroll 4
            for (int32_t klo = 0; klo < 4; ++klo) {
#pragma GCC unroll 4
                for (int32_t yi = 0; yi < 4; ++yi) {
                    sum_part[yi][klo] = GATHERED_F_SPLAT_f32x8(0.0f);
                }
            }
#pragma GCC unroll 4
            for (int32_t kio = 0; kio < 4; ++kio) {
#pragma GCC unroll 4
                for (int32_t yi = 0; yi < 4; ++yi) {
                    sum_part[yi][kio] += GATHERED_F_AT_f32x8(row[yi][kio * 8]);
                }
            }
#pragma GCC unroll 4
            for (int32_t yi = 0; yi < 4; ++yi) {
                sum_part[yi][0] =
                    sum_part[yi][0] + sum_part[yi][2] + (sum_part[yi][1] + sum_part[yi][3]);
            }
#pragma GCC unroll 4
            for (int32_t yi = 0; yi < 4; ++yi) {
                sum[yi] += gathered_f_sum_f32x8(&sum_part[yi][0]);
            }
#pragma GCC unroll 4
            for (int32_t yi = 0; yi < 4; ++yi) {
                total[yi] = sum[yi];
            }
            for (int32_t xo = 0; xo < 4; ++xo) {
#pragma GCC unroll 4
                for (int32_t yi = 0; yi < 4; ++yi) {
                    GATHERED_F_PUT_f32x8(y->at[c][(yo * 4) + yi][xo * 8]) =
                        GATHERED_F_AT_f32x8(row[yi][xo * 8]) / total[yi];
                }
            }
        }
    }
}

/*
 * tile x 16; tile xi 8; order y c xio xii; order ky kx; register xio xii; vectorize xii 8; unroll
 * xio kx | tile c 6; tile x 16; tile xi 8; order y co ci xio xii; register ci xio xii; vectorize
 * xii 8; unroll ci xio; group y
 */
__kernel void blocks_copy_t440(__global const blocks_x *restrict x,
                               __global const blocks_t_w *restrict w,
                               __global const blocks_t_v *restrict v,
                               __global blocks_t_t439 *restrict t439)
{
    const int32_t group = (int32_t)get_group_id(0);
    const int32_t lane = (int32_t)get_local_id(0);
    __local float total[8][16];
    const int32_t y = group;
    if (lane < 8) {
        const int32_t c = lane;
        blocks_f_f32x8 sum[2];
#pragma unroll 2
        for (int32_t xio = 0; xio < 2; ++xio) {
            sum[xio] = BLOCKS_F_SPLAT_f32x8(0.0f);
        }
        for (int32_t ky = 0; ky < 3; ++ky) {
#pragma unroll 3
            for (int32_t kx = 0; kx < 3; ++kx) {
#pragma unroll 2
                for (int32_t xio = 0; xio < 2; ++xio) {
                    blocks_f_f32x8 v_2 = BLOCKS_F_SPLAT_f32x8(0);
#pragma unroll 8
                    for (int32_t xii = 0; xii < 8; ++xii) {
                        BLOCKS_F_SET_f32x8(v_2, xii) =
                            (((y + ky) < 13) && (0 < (y + ky)) && ((kx + (xio * 8) + xii) < 17) &&
                             (0 < (kx + (xio * 8) + xii)))
                                ? x->at[0][c][y + ky - 1][kx + (xio * 8) + xii - 1]
                                : 0.0f;
                    }
                    sum[xio] += v_2 * w->at[c][ky][kx];
                }
            }
        }
#pragma unroll 2
        for (int32_t xio = 0; xio < 2; ++xio) {
            BLOCKS_F_PUT_f32x8(total[c][xio * 8],
                               BLOCKS_F_MAX_f32x8(sum[xio], BLOCKS_F_SPLAT_f32x8(0.0f)));
        }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    if (lane < 4) {
        const int32_t co = lane;
        blocks_f_f32x8 sum2[6][2];
#pragma unroll 6
        for (int32_t ci = 0; ci < 6; ++ci) {
#pragma unroll 2
            for (int32_t xio = 0; xio < 2; ++xio) {
                sum2[ci][xio] = BLOCKS_F_SPLAT_f32x8(0.0f);
            }
        }
        for (int32_t k = 0; k < 8; ++k) {
            blocks_f_f32x8 held[2];
#pragma unroll 2
            for (int32_t xio = 0; xio < 2; ++xio) {
                held[xio] = BLOCKS_F_AT_f32x8(total[k][xio * 8]);
            }
#pragma unroll 6
            for (int32_t ci = 0; ci < 6; ++ci) {
#pragma unroll 2
                for (int32_t xio = 0; xio < 2; ++xio) {
                    sum2[ci][xio] += held[xio] * v->at[co][k][ci];
                }
            }
        }
#pragma unroll 6
        for (int32_t ci = 0; ci < 6; ++ci) {
#pragma unroll 2
            for (int32_t xio = 0; xio < 2; ++xio) {
                BLOCKS_F_PUT_f32x8(t439->at[(co * 6) + ci][y][xio * 8],
                                   BLOCKS_F_MAX_f32x8(sum2[ci][xio], BLOCKS_F_SPLAT_f32x8(0.0f)));
            }
        }
    }
}

/*
 * tile c 4; tile x 16; tile xi 8; order y co ci xio xii; register ci xio xii; vectorize xii 8;
 * unroll ci xio | tile c 4; tile x 16; tile xi 8; order y co ci xio xii; register ci xio xii;
 * vectorize xii 8; unroll ci xio; thread y co y co
 */
__kernel void blocks_copy_left(__global const blocks_t_t439 *restrict t439,
                               __global const blocks_t_8x24x4 *restrict a,
                               __global blocks_left *restrict left,
                               __global const blocks_t_8x24x4 *restrict b,
                               __global blocks_right *restrict right)
{
    const int32_t item = (int32_t)get_global_id(0);
    if (item < 96) {
        const int32_t y = item / 8;
        const int32_t co = item % 8;
        blocks_f_f32x8 sum[4][2];
#pragma unroll 4
        for (int32_t ci = 0; ci < 4; ++ci) {
#pragma unroll 2
            for (int32_t xio = 0; xio < 2; ++xio) {
                sum[ci][xio] = BLOCKS_F_SPLAT_f32x8(0.0f);
            }
        }
        for (int32_t k = 0; k < 24; ++k) {
            blocks_f_f32x8 held[2];
#pragma unroll 2
            for (int32_t xio = 0; xio < 2; ++xio) {
                held[xio] = BLOCKS_F_AT_f32x8(t439->at[k][y][xio * 8]);
            }
#pragma unroll 4
            for (int32_t ci = 0; ci < 4; ++ci) {
#pragma unroll 2
                for (int32_t xio = 0; xio < 2; ++xio) {
                    sum[ci][xio] += held[xio] * a->at[co][k][ci];
                }
            }
        }
#pragma unroll 4
        for (int32_t ci = 0; ci < 4; ++ci) {
#pragma unroll 2
            for (int32_t xio = 0; xio < 2; ++xio) {
                BLOCKS_F_PUT_f32x8(left->at[0][(co * 4) + ci][y][xio * 8], sum[ci][xio]);
            }
        }
    }
    if (item < 96) {
        const int32_t y = item / 8;
        const int32_t co = item % 8;
        blocks_f_f32x8 sum2[4][2];
#pragma unroll 4
        for (int32_t ci = 0; ci < 4; ++ci) {
#pragma unroll 2
            for (int32_t xio = 0; xio < 2; ++xio) {
                sum2[ci][xio] = BLOCKS_F_SPLAT_f32x8(0.0f);
            }
        }
        for (int32_t k = 0; k < 24; ++k) {
            blocks_f_f32x8 held2[2];
#pragma unroll 2
            for (int32_t xio = 0; xio < 2; ++xio) {
                held2[xio] = BLOCKS_F_AT_f32x8(t439->at[k][y][xio * 8]);
            }
#pragma unroll 4
            for (int32_t ci = 0; ci < 4; ++ci) {
#pragma unroll 2
                for (int32_t xio = 0; xio < 2; ++xio) {
                    sum2[ci][xio] += held2[xio] * b->at[co][k][ci];
                }
            }
        }
#pragma unroll 4
        for (int32_t ci = 0; ci < 4; ++ci) {
#pragma unroll 2
            for (int32_t xio = 0; xio < 2; ++xio) {
                BLOCKS_F_PUT_f32x8(right->at[0][(co * 4) + ci][y][xio * 8], sum2[ci][xio]);
            }
        }
    }
}

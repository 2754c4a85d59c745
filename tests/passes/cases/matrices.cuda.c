/*
 * order i j; tile i 16; tile ii 16; tile j 16; tile ji 8; tile iii 16; tile jii 8; order io jo jio
 * iiii jiii; tile k 64; tile ki 16; spread jio iiii jiii; order jio kio iiii jiii kii; local jo kio
 * iiii kii+8 by iiii kio kii; local jo kio jio kii+1 jiii by kio kii jio jiii; lane jio; unroll
 * kio; matrix iiii jiii kii; group io jo
 */
extern "C" __global__ void matrices_copy_t113(const matrices_a *__restrict__ a,
                                              const matrices_b *__restrict__ b,
                                              matrices_t_t113 *__restrict__ t113)
{
    const int32_t group = (int32_t)blockIdx.x;
    const int32_t lane = (int32_t)threadIdx.x;
    __shared__ __align__(16) uint16_t panel_2[4][2][17][8];
    __shared__ __align__(16) uint16_t panel[4][16][24];
    const int32_t io = group / 3;
    const int32_t jo = group % 3;
#pragma unroll 2
    for (int32_t turn = lane; turn < 128; turn += 64) {
        const int32_t kioc = turn / 32;
        const int32_t kiic = (turn / 2) % 16;
        const int32_t jioc = turn % 2;
        matrices_f_copy_16(&panel_2[kioc][jioc][kiic][0],
                           &b->at[kiic + (kioc * 16)][(jo * 16) + (jioc * 8)]);
    }
#pragma unroll 2
    for (int32_t turn = lane; turn < 128; turn += 64) {
        const int32_t iiiic = turn / 8;
        const int32_t kioc = (turn / 2) % 4;
        const int32_t kiic = turn % 2;
        matrices_f_copy_16(&panel[kioc][iiiic][kiic * 8],
                           &a->at[(io * 16) + iiiic][(kioc * 16) + (kiic * 8)]);
    }
    float sum[4];
    {
#pragma unroll 4
        for (int32_t part_2 = 0; part_2 < 4; ++part_2) {
            sum[part_2] = 0.0f;
        }
    }
    MATRICES_F_COPIED(0);
    __syncthreads();
    {
        const int32_t jio = (lane / 32);
#pragma unroll 4
        for (int32_t kio = 0; kio < 4; ++kio) {
            {
                matrices_f_rows_f16 rows = matrices_f_rows_f16_at(&panel[kio][0][0], 24, lane);
                matrices_f_columns_f16 columns =
                    matrices_f_columns_f16_turned(&panel_2[kio][jio][0][0], 8, lane);
                matrices_f_multiply_f16(sum, rows, columns, lane);
            }
        }
    }
    {
        const int32_t jio = (lane / 32);
#pragma unroll 4
        for (int32_t part_2 = 0; part_2 < 4; ++part_2) {
            t113->at[(io * 16) + ((part_2 / 2) * 8) + ((lane / 4) % 8)]
                    [(jo * 16) + (jio * 8) + ((lane % 4) * 2) + (part_2 % 2)] = sum[part_2];
        }
    }
}

/*
 * tile j 4; order i jo ji; vectorize ji 4; thread i
 */
extern "C" __global__ void matrices_copy_t112(const matrices_t_t113 *__restrict__ t113,
                                              matrices_y *__restrict__ y)
{
    const int32_t item = (int32_t)(blockIdx.x * blockDim.x + threadIdx.x);
    if (item < 32) {
        const int32_t i = item;
        float most;
        float largest = -INFINITY;
        for (int32_t k = 0; k < 48; ++k) {
            largest = (largest < t113->at[i][k]) ? t113->at[i][k] : largest;
        }
        most = -largest;
        for (int32_t jo = 0; jo < 12; ++jo) {
            MATRICES_F_PUT_WHOLE_f32x4(y->at[i][jo * 4],
                                       MATRICES_F_WHOLE_f32x4(t113->at[i][jo * 4]) + most);
        }
    }
}

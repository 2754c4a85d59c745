/*
 * order i j; tile i 32; tile ii 4; tile j 16; tile ji 4; order io jo iio jio iii jii; tile k 64;
 * spread iio jio iii jii; order iio jio ki iii jii; local jo ki iio+1 iii by iio iii ki; local jo
 * ki jio jii by ki jio jii; lane iio jio; hold ki iii; vectorize jii 4; unroll iii; group io jo
 */
extern "C" __global__ void groups_copy_c(const groups_a *__restrict__ a,
                                         const groups_b *__restrict__ b, groups_c *__restrict__ c)
{
    const int32_t group = (int32_t)blockIdx.x;
    const int32_t lane = (int32_t)threadIdx.x;
    __shared__ __align__(16) float panel_2[64][4][4];
    __shared__ __align__(16) float panel[64][9][4];
    const int32_t io = group / 3;
    const int32_t jo = group % 3;
#pragma unroll 8
    for (int32_t turn = lane; turn < 1024; turn += 32) {
        const int32_t kic = turn / 16;
        const int32_t jioc = (turn / 4) % 4;
        const int32_t jiic = turn % 4;
        groups_f_copy_4(&panel_2[kic][jioc][jiic],
                        &b->at[kic][jiic + (jioc * 4) + (((jo * 16) < 28) ? (jo * 16) : 28)]);
    }
#pragma unroll 8
    for (int32_t turn = lane; turn < 2048; turn += 32) {
        const int32_t iioc = turn / 256;
        const int32_t iiic = (turn / 64) % 4;
        const int32_t kic = turn % 64;
        groups_f_copy_4(&panel[kic][iioc][iiic],
                        &a->at[iiic + (iioc * 4) + (((io * 32) < 18) ? (io * 32) : 18)][kic]);
    }
    groups_f_f32x4 sum[4];
    {
#pragma unroll 4
        for (int32_t iii = 0; iii < 4; ++iii) {
            sum[iii] = GROUPS_F_SPLAT_f32x4(0.0f);
        }
    }
    GROUPS_F_COPIED(0);
    __syncthreads();
    {
        const int32_t iio = lane / 4;
        const int32_t jio = lane % 4;
        for (int32_t ki = 0; ki < 64; ++ki) {
            groups_f_f32x4 held = GROUPS_F_WHOLE_f32x4(panel[ki][iio][0]);
#pragma unroll 4
            for (int32_t iii = 0; iii < 4; ++iii) {
                sum[iii] +=
                    GROUPS_F_SET_f32x4(held, iii) * GROUPS_F_WHOLE_f32x4(panel_2[ki][jio][0]);
            }
        }
    }
    {
        const int32_t iio = lane / 4;
        const int32_t jio = lane % 4;
#pragma unroll 4
        for (int32_t iii = 0; iii < 4; ++iii) {
            GROUPS_F_PUT_f32x4(c->at[(iio * 4) + iii + (((io * 32) < 18) ? (io * 32) : 18)]
                                    [(jio * 4) + (((jo * 16) < 28) ? (jo * 16) : 28)],
                               sum[iii]);
        }
    }
}

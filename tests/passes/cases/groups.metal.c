/*
 * order i j; tile i 32; tile ii 16; tile j 32; tile ji 8; tile iii 16; tile jii 8; order io jo iio
 * jio iiii jiii; tile k 64; tile ki 16; spread iio jio iiii jiii; order iio jio kio iiii jiii kii;
 * local jo kio iio iiii kii+4 by iio iiii kio kii; local jo kio jio kii+1 jiii by kio kii jio jiii;
 * lane iio jio; unroll kio; matrix iiii jiii kii; group io jo
 */
kernel void groups_copy_c(device const groups_a *a [[buffer(0)]],
                          device const groups_b *b [[buffer(1)]], device groups_c *c [[buffer(2)]],
                          uint item_index [[thread_position_in_grid]],
                          uint group_index [[threadgroup_position_in_grid]],
                          uint lane_index [[thread_position_in_threadgroup]])
{
    const int32_t group = (int32_t)group_index;
    const int32_t lane = (int32_t)lane_index;
    alignas(16) threadgroup float panel_2[4][4][17][8];
    alignas(16) threadgroup float panel[4][2][16][20];
    const int32_t io = group / 2;
    const int32_t jo = group % 2;
#pragma unroll
    for (int32_t turn = lane; turn < 2048; turn += 256) {
        const int32_t kioc = turn / 512;
        const int32_t kiic = (turn / 32) % 16;
        const int32_t jioc = (turn / 8) % 4;
        const int32_t jiiic = turn % 8;
        panel_2[kioc][jioc][kiic][jiiic] =
            b->at[kiic + (kioc * 16)][jiiic + (jioc * 8) + (((jo * 32) < 12) ? (jo * 32) : 12)];
    }
#pragma unroll
    for (int32_t turn = lane; turn < 2048; turn += 256) {
        const int32_t iioc = turn / 1024;
        const int32_t iiiic = (turn / 64) % 16;
        const int32_t kioc = (turn / 16) % 4;
        const int32_t kiic = turn % 16;
        panel[kioc][iioc][iiiic][kiic] =
            a->at[iiiic + (iioc * 16) + (((io * 32) < 18) ? (io * 32) : 18)][kiic + (kioc * 16)];
    }
    float sum[4];
    {
#pragma unroll
        for (int32_t part_2 = 0; part_2 < 4; ++part_2) {
            sum[part_2] = 0.0f;
        }
    }
    threadgroup_barrier(mem_flags::mem_threadgroup);
    {
        const int32_t iio = (lane / 32) / 4;
        const int32_t jio = (lane / 32) % 4;
#pragma unroll
        for (int32_t kio = 0; kio < 4; ++kio) {
            {
                groups_f_rows_f32 rows = groups_f_rows_f32_at(&panel[kio][iio][0][0], 20, lane);
                groups_f_columns_f32 columns =
                    groups_f_columns_f32_turned(&panel_2[kio][jio][0][0], 8, lane);
                groups_f_multiply_f32(sum, rows, columns, lane);
            }
        }
    }
    {
        const int32_t iio = (lane / 32) / 4;
        const int32_t jio = (lane / 32) % 4;
#pragma unroll
        for (int32_t part_2 = 0; part_2 < 4; ++part_2) {
            c->at[(iio * 16) + (((io * 32) < 18) ? (io * 32) : 18) + ((part_2 / 2) * 8) +
                  ((lane / 2) % 4) + (((lane / 16) % 2) * 4)]
                 [(jio * 8) + (((jo * 32) < 12) ? (jo * 32) : 12) + ((lane % 2) * 2) +
                  (part_2 % 2) + (((lane / 8) % 2) * 4)] = sum[part_2];
        }
    }
}

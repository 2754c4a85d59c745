/* expect: prefix at 2 */
static float helper(float x)
{
    return x + x;
}

float t_run(float x);

float t_run(float x)
{
    return helper(x);
}

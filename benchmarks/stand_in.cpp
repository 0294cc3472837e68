// Workload W (stand_in.py) by hand: what one core of this machine can do.
//
// Trajectories go through all steps in groups of four vectors of FLOATS floats side by side, so that the core always has
// four independent chains to work on; the compiler splits vectors wider than the machine's. Polynomials
// for exp and log inlined, threefry-2x32 with 20 rounds and Box-Muller in the loop, both normals of a pair used.
#include <cmath>
#include <cstdint>
#include <cstring>

constexpr int WIDE = 4, LANES = WIDE * FLOATS, SPECIALISMS = 6, MILESTONES = 8, PARAMETERS = 20;
typedef float Floats __attribute__((vector_size(4 * LANES / WIDE)));
typedef int32_t Signed __attribute__((vector_size(4 * LANES / WIDE)));
typedef uint32_t Unsigned __attribute__((vector_size(4 * LANES / WIDE)));
#define INLINE static inline __attribute__((always_inline))
#define EACH _Pragma("GCC unroll 4") for (int i = 0; i < WIDE; i++)

template <class T> struct Wide {
    T v[WIDE];
};
typedef Wide<Floats> Vector;
typedef Wide<Signed> Integers;
typedef Wide<Unsigned> Words;

#define BINARY(op)                                                                                                    \
    template <class T> INLINE Wide<T> operator op(Wide<T> a, Wide<T> b) { EACH a.v[i] = a.v[i] op b.v[i]; return a; } \
    template <class T, class S> INLINE Wide<T> operator op(Wide<T> a, S b) { EACH a.v[i] = a.v[i] op b; return a; }   \
    template <class T, class S> INLINE Wide<T> operator op(S a, Wide<T> b) { EACH b.v[i] = a op b.v[i]; return b; }
BINARY(+) BINARY(-) BINARY(*) BINARY(/) BINARY(|) BINARY(^) BINARY(<<) BINARY(>>)
#define ASSIGN(op, whole) template <class T, class S> INLINE void operator whole(Wide<T> &a, S b) { a = a op b; }
ASSIGN(+, +=) ASSIGN(*, *=)

template <class To, class From> INLINE Wide<To> bits(Wide<From> x) {
    Wide<To> out;
    EACH out.v[i] = (To)x.v[i];
    return out;
}
template <class To, class From> INLINE Wide<To> convert(Wide<From> x) {
    Wide<To> out;
    EACH out.v[i] = __builtin_convertvector(x.v[i], To);
    return out;
}
INLINE Vector flat(float x) {
    Vector out;
    EACH out.v[i] = Floats{} + x;
    return out;
}
INLINE Vector least(Vector x, float high) {
    EACH x.v[i] = x.v[i] > high ? Floats{} + high : x.v[i];
    return x;
}
INLINE Vector most(Vector x, float low) {
    EACH x.v[i] = x.v[i] < low ? Floats{} + low : x.v[i];
    return x;
}
INLINE Vector root(Vector x) {
    float in[LANES], out[LANES];
    std::memcpy(in, &x, sizeof in);
    for (int i = 0; i < LANES; i++) out[i] = __builtin_sqrtf(in[i]);
    std::memcpy(&x, out, sizeof out);
    return x;
}

INLINE Vector exponential(Vector x) {
    const float round = 12582912.0f + 127.0f;
    x = least(most(x, -87.33654f), 88.0f);
    Vector shifted = x * 1.44269504f + round, n = shifted - round;
    Vector r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
    Vector q = ((r * 0.008312501f + 0.04189033f) * r + 0.16667116f) * r + 0.4999923f;
    Vector scale = bits<Floats>(bits<Signed>(shifted) << 23);
    return (r + r * r * q) * scale + scale;
}

INLINE Vector logarithm(Vector x) {
    Integers whole = bits<Signed>(x), exponent = (whole - 0x3F3504F3) >> 23;
    Vector f = bits<Floats>(whole - (exponent << 23)) - 1.0f, n = convert<Floats>(exponent);
    Vector q = f * 0.08734843f - 0.14307521f;
    q = q * f + 0.14917974f;
    q = q * f - 0.16570508f;
    q = q * f + 0.19962072f;
    q = q * f - 0.25001755f;
    q = q * f + 0.3333395f;
    q = q * f - 0.4999999f;
    return (f + f * f * q + n * -2.12194440e-4f) + n * 0.693359375f;
}

INLINE Words turned(Words x, int by) { return (x << by) | (x >> (32 - by)); }

INLINE void threefry(uint32_t seed, uint32_t stream, Words &a, Words &b) {
    const int by[2][4] = {{13, 15, 26, 6}, {17, 29, 16, 24}};
    const uint32_t keys[3] = {seed, stream, seed ^ stream ^ 0x1BD11BDAu};
    a += keys[0];
    b += keys[1];
#pragma GCC unroll 5
    for (int group = 0; group < 5; group++) {
#pragma GCC unroll 4
        for (int k = 0; k < 4; k++) {
            a += b;
            b = turned(b, by[group % 2][k]) ^ a;
        }
        a += keys[(group + 1) % 3];
        b += keys[(group + 2) % 3] + (uint32_t)(group + 1);
    }
}

INLINE Vector half_sine(Vector t) {  // sin(pi t), |t| <= 1/2
    Vector s = t * t;
    return t * ((((s * 0.07756039f - 0.5982421f) * s + 2.55007f) * s - 5.16771f) * s + 3.1415927f);
}

INLINE void normals(Words a, Words b, Vector &first, Vector &second) {
    Vector uniform = convert<Floats>(bits<Signed>(a >> 8)) * 0x1p-24f + 0x1p-25f;
    Vector radius = root(logarithm(uniform) * -2.0f);
    Vector turns = convert<Floats>(bits<Signed>(b)) * 0x1p-31f;  // of half a circle, -1 to 1
    Vector size = turns, folded, sign;
    EACH size.v[i] = turns.v[i] < 0.0f ? -turns.v[i] : turns.v[i];
    EACH folded.v[i] = size.v[i] > 0.5f ? 1.0f - size.v[i] : size.v[i];
    EACH sign.v[i] = turns.v[i] < 0.0f ? Floats{} - 1.0f : Floats{} + 1.0f;
    first = radius * half_sine(0.5f - size);
    second = radius * sign * half_sine(folded);
}

// values [20][n] in the order of stand_in.PARAMETERS; dates [8][n] in steps, 1e9 where none within the horizon.
extern "C" void stand_in(const float *values, long n, int steps, uint32_t seed, float *dates) {
    const float dt = 1.0f / 12.0f, phi = std::exp(-dt), weights[SPECIALISMS] = {0.1f, 0.15f, 0.2f, 0.2f, 0.2f, 0.15f};
    const float levels[MILESTONES] = {5.075174f, 7.600902f, 9.903488f, 0.693147f, 2.302585f, 4.605170f, 3.0f, 22.0f};
    const int of[MILESTONES] = {0, 0, 0, 1, 1, 2, 3, 4};
    for (long at = 0; at < n; at += LANES) {
        Vector p[PARAMETERS], slope[SPECIALISMS], date[MILESTONES], before[5];
        for (int k = 0; k < PARAMETERS; k++) std::memcpy(&p[k], values + k * n + at, sizeof(Vector));
        slope[0] = p[6];
        for (int k = 1; k < SPECIALISMS; k++) slope[k] = slope[k - 1] + p[7];
        const Vector exponent = -1.0f * p[8], inverse = 1.0f / exponent, share = p[9], rest = 1.0f - p[9];
        const Vector shrink = 1.0f - p[14] * dt, jump = p[18] * std::sqrt(dt), wander = p[19] * std::sqrt(dt);
        Vector software = flat(0.0f), compute = software, noise = software, growth = p[13] * dt;
        for (auto &d : date) d = flat(1e9f);
        for (auto &b : before) b = flat(-1e4f);
        uint32_t ids[LANES];
        for (int i = 0; i < LANES; i++) ids[i] = (uint32_t)(at + i);
        Words counter;
        std::memcpy(&counter, ids, sizeof ids);
        for (int step = 0; step < steps; step++) {
            Vector z0, z1, sum = flat(0.0f);
            Words a = counter, b = (counter ^ counter) + (uint32_t)step;
            threefry(seed, 0x57u, a, b);
            normals(a, b, z0, z1);
            Vector effective = compute + software + noise;
            Vector horizon = p[15] + p[16] * effective * (1.0f + p[17] * effective);
            Vector better = exponential(least(horizon * 0.5f, 60.0f));
#pragma GCC unroll 6
            for (int k = 0; k < SPECIALISMS; k++) {
                Vector e = 1.0f + exponential(least(slope[k] * (p[k] - horizon), 60.0f));
                sum += weights[k] * exponential(exponent * logarithm((e + better) / e));
            }
            Vector labour = inverse * logarithm(sum);
            Vector human = share * exponential(-0.5f * (labour + 0.05f * dt * step));
            Vector research = -2.0f * logarithm(human + rest * exponential(-0.5f * compute));
            Vector pace = exponential(least(p[10] * research + p[12] - p[11] * software, 10.0f));
            Vector now[5] = {horizon, labour, software, pace, effective};
#pragma GCC unroll 8
            for (int m = 0; m < MILESTONES; m++) {
                int q = of[m];
                Vector part = (levels[m] - before[q]) / (now[q] - before[q]);
                Vector when = part + (float)(step - 1);
                EACH date[m].v[i] = (now[q].v[i] >= levels[m]) & (date[m].v[i] > 1e8f) ? when.v[i] : date[m].v[i];
            }
            for (int q = 0; q < 5; q++) before[q] = now[q];
            software = least(software + pace * dt + jump * z1, 55.451774f);
            compute += growth;
            growth *= shrink;
            noise = noise * phi + wander * z0;
        }
        for (int m = 0; m < MILESTONES; m++) std::memcpy(dates + m * n + at, &date[m], sizeof(Vector));
    }
}

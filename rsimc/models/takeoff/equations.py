"""The flagship's states and equations as a terminal can show them; each room's docstring explains its own."""

from __future__ import annotations

EQUATIONS = (
    "c = log K_w + log S;  log K_w = x - softplus(x - room);  log S = log sigmoid(q + r t)    compute of the lab",
    "sigma = sigma_max sigmoid(s_0 + s_1 (h - log 0.7) + s_2 t)                              customers' share",
    "omega = omega_max sigmoid(slope (a + G_h t - mu_theta))                                 rest: share of AI work",
    "training (1-sigma)(1-omega) tau;  experiments (1-sigma)(1-omega)(1-tau)                 what remains",
    "ds/dt = g_s exp{lambda log R/R(2019) - (lambda/r) s + u_s} (1 - e^{s-S})                 software",
    "e = s + c + log(1-sigma) + log(1-omega);  e_dep' = (e - e_dep)/tau                     generations",
    "tau = tau_run + tau_prep/E;  n' = 1/tau;  gain = tau e_dep'                              versions and their gains",
    "h = a + b (e^{k y} - 1)/k + b e^{k x_1} (x - y) + D_p(t) + u_h + W(t) - W(2025)          time horizon",
    "f_k = sigmoid(slope_k (h - u_k delta u(h)^gamma - theta_k))                              automated share",
    "u_k = (1 - v_k) e^{-rho c_k D};  dD/dt = f_(data generation)                             synthetic data",
    "log A = l_A + log(q/4) + log(omega_max/0.3) + c + log(1-sigma) + psi s - log people      AI labour",
    "P_k = 1 + f_k A, or [(1-f)^{1-rt} + f^{1-rt} (f A)^rt]^{1/rt} beyond A = 1/(1-f)          within a specialism",
    "P -> P (1 + 1/c)/(1 + P/c) for data sourcing                                             speed limit of the world",
    "L = (sum w_k P_k^rs)^{1/rs};  R = [alpha (people L)^rx + (1-alpha) X^rx]^{1/rx}           bottlenecks",
    "E = R / R(L = 1, omega = 0);  M = E^lambda (1 - a)                                       effort, multiplier",
    "human share = sum w_k max(1 - f_k, 1/(1 + f_k A));  oversight = that of evaluation / M   people",
    "s', e_dep', D', u_h' and W' times 1 - a in a pause;  s' += rate (s_front - s) behind     pauses, rivals",
)

STATES = (
    ("s", "nats", "log software efficiency of the lab, 0 in 2019; one for each lab"),
    ("e_dep", "nats", "effective compute of the released generation; one for each lab"),
    ("n", "versions", "generations since 2019; one for each lab"),
    ("D", "years", "synthetic data: years of data generation as if fully automated; one for each lab"),
    ("u_h", "log hours", "deviation of releases from the trend of the horizon (Ornstein-Uhlenbeck)"),
    ("u_s", "log", "deviation of the pace of software (Ornstein-Uhlenbeck)"),
    ("W", "log hours", "deviation of the trend itself (integral of an Ornstein-Uhlenbeck pace)"),
    ("T_p", "years", "when each pause was triggered"),
    ("q", "log hours", "noise of the horizon that pauses withheld; one for each lab"),
)

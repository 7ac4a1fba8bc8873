"""Data sets and estimates published elsewhere; each with its source and the R code that gives it.

Freireich et al. 1963 (Blood 21:699-716), remission of acute leukaemia in weeks, 6-MP and placebo.

    library(survival)
    t1 <- c(6,6,6,6,7,9,10,10,11,13,16,17,19,20,22,23,25,32,32,34,35)
    d1 <- c(1,1,1,0,1,0,1,0,0,1,1,0,0,0,1,1,0,0,0,0,0)
    t2 <- c(1,1,2,2,3,4,4,5,5,8,8,8,8,11,11,12,12,15,17,22,23)
    fit <- survfit(Surv(t1, d1) ~ 1, conf.type = "log-log")
    summary(fit); print(fit, rmean = 35)
    survdiff(Surv(c(t1, t2), c(d1, rep(1, 21))) ~ rep(1:2, each = 21))

Finkelstein & Wolfe 1985 (Biometrics 41:933-945), cosmetic deterioration after radiotherapy in
months; estimate as printed in Fay & Shaw 2010 (10.18637/jss.v036.i02).

    library(interval); data(bcos)
    icfit(Surv(left, right, type = "interval2") ~ 1, data = subset(bcos, treatment == "Rad"))
"""

from __future__ import annotations

from math import inf

SIX_MP_WEEKS = [
    *(6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35),
]
SIX_MP_RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PLACEBO_WEEKS = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]

#: week: survival, standard error, as R prints them (three significant digits of the error)
SIX_MP_SURVFIT = {
    6: (0.857, 0.0764),
    7: (0.807, 0.0869),
    10: (0.753, 0.0963),
    13: (0.690, 0.1068),
    16: (0.627, 0.1141),
    22: (0.538, 0.1282),
    23: (0.448, 0.1346),
}
SIX_MP_MEDIAN = 23
SIX_MP_RMEAN_35 = (23.29, 2.83)
FREIREICH_LOGRANK_CHI2 = 16.79

RADIOTHERAPY = [
    *[(45, inf), (6, 10), (0, 7), (46, inf), (46, inf), (7, 16), (17, inf), (7, 14), (37, 44)],
    *[(0, 8), (4, 11), (15, inf), (11, 15), (22, inf), (46, inf), (46, inf), (25, 37)],
    *[(46, inf), (26, 40), (46, inf), (27, 34), (36, 44), (46, inf), (36, 48), (37, inf)],
    *[(40, inf), (17, 25), (46, inf), (11, 18), (38, inf), (5, 12), (37, inf), (0, 5)],
    *[(18, inf), (24, inf), (36, inf), (5, 11), (19, 35), (17, 25), (24, inf), (32, inf)],
    *[(33, inf), (19, 26), (37, inf), (34, inf), (36, inf)],
]
RADIOTHERAPY_NPMLE = {
    (4, 5): 0.0463,
    (6, 7): 0.0334,
    (7, 8): 0.0887,
    (11, 12): 0.0708,
    (24, 25): 0.0926,
    (33, 34): 0.0818,
    (38, 40): 0.1209,
    (46, 48): 0.4656,
}


# Edmunson et al. 1979, ovarian cancer, days; as in R's survival::ovarian, whose help page fits
#     survreg(Surv(futime, fustat) ~ ecog.ps + rx, ovarian, dist = "weibull")
#     coxph(Surv(futime, fustat) ~ age, ovarian)
OVARIAN_DAYS = [
    *(59, 115, 156, 421, 431, 448, 464, 475, 477, 563, 638, 744, 769, 770, 803, 855, 1040),
    *(1106, 1129, 1206, 1227, 268, 329, 353, 365, 377),
]
OVARIAN_DIED = [1, 1, 1, 0, 1, 0, 1, 1, 0, 1, 1, *[0] * 10, 1, 1, 1, 1, 0]
OVARIAN_AGE = [
    *(72.3315, 74.4932, 66.4658, 53.3644, 50.3397, 56.4301, 56.9370, 59.8548, 64.1753, 55.1781),
    *(56.7562, 50.1096, 59.6301, 57.0521, 39.2712, 43.1233, 38.8932, 44.6000, 53.9068, 44.2055),
    *(59.5890, 74.5041, 43.1370, 63.2192, 64.4247, 58.3096),
]
OVARIAN_RX = [1, 1, 1, 2, 1, 1, 2, 2, 1, 2, 1, 2, 2, 2, 1, 1, 1, 1, 2, 2, 2, 1, 1, 2, 2, 2]
OVARIAN_ECOG = [1, 1, 2, 1, 1, 2, 2, 2, 1, 2, 2, 1, 2, 1, 1, 2, 2, 1, 1, 1, 2, 2, 1, 2, 1, 1]
#: intercept, ecog.ps, rx as R prints them
OVARIAN_WEIBULL = (6.897, -0.385, 0.529)
OVARIAN_WEIBULL_ERRORS = (1.178, 0.527, 0.529)
OVARIAN_WEIBULL_SCALE = 0.884
OVARIAN_WEIBULL_LOGLIK = -97.1
#: coefficient of age and its error
OVARIAN_COX_AGE = (0.1616, 0.0497)

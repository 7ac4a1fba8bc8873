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

Their 21 pairs as Klein & Moeschberger (2003, "Survival Analysis", table 1.1) print them; in 18 the
child on placebo relapsed first, in 3 the one on 6-MP. A comparison inside pairs knows nothing else:
the hazard ratio is 18/3, its error sqrt(1/18 + 1/3) on the log, the log-rank statistic 15^2 / 21.

    library(KMsurv); data(drug6mp)
    coxph(Surv(c(t1, t2), c(relapse, rep(1, 21))) ~ rep(0:1, each = 21) + strata(rep(pair, 2)))

Beadle et al. in Finkelstein & Wolfe 1985, radiotherapy and chemotherapy; the test as printed in the
vignette of the R package `interval` (Fay & Shaw 2010): Z = -2.6684, p = 0.007622, the score of the
46 after radiotherapy alone -9.141846.

    ictest(Surv(left, right, type = "interval2") ~ treatment, data = bcos, scores = "logrank1",
           method = "pclt")

Miller 1997 ("Survival Analysis"), maintenance chemotherapy in acute myelogenous leukaemia, weeks.

    fit <- survfit(Surv(time, status) ~ x, data = aml, conf.type = "log-log")
    summary(fit); print(fit, rmean = "individual")
    survdiff(Surv(time, status) ~ x, data = aml)
    coxph(Surv(time, status) ~ x, data = aml)

How each was confirmed, on 2026-11-21, without the code under test. The raw data were compared, row
by row, with copies kept by others: MASS::gehan (the pairs and the 42 times), boot::aml, the table
`ovarian` of R's survival, and `cosmesis` of the R package MLEcens (the 94 intervals): no row
differs. The printed values were then worked out again:

* survival: lifelines 0.30 (KaplanMeierFitter); standard errors, means and their errors from
  Greenwood's sum written out; medians and their ends from the log-log band of lifelines;
* log-rank tests: lifelines, 16.7929 (Freireich), 3.3964 with p 0.06534 (leukaemia), 1.0627 with p
  0.3026 (ovarian); inside pairs by the closed forms above;
* Cox: statsmodels PHReg, both rules for ties, and lifelines: 1.57213 and 0.41240, 1.50919 and
  0.40956 (Freireich); 0.91553, 0.51193 and -41.03262 (leukaemia), the likelihood at no effect
  -42.72484 as the sum of -log(n - j); 0.16162 and 0.04974 (age, ovarian);
* proportional hazards: the formula of Grambsch & Therneau (1994) on PHReg's Schoenfeld residuals
  with the left-continuous 1 - S(t) of lifelines as clock: 0.85582 and 2.54516;
* Weibull: lifelines WeibullAFTFitter, 6.8967, -0.3850, 0.5286, errors 1.1776, 0.5270, 0.5292,
  scale 0.88387, log-likelihood -97.0845;
* Turnbull: 200,000 steps of plain EM on every cell between two end points; all masses agree to the
  four printed digits, the gradient is at most 1; the score from the formula of Fay & Shaw on these
  masses: -9.1418462, Z = -2.6683872, p = 0.0076216.
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
#: chi-square of age and of ecog.ps as R's survival 2 prints them for
#:     cox.zph(coxph(Surv(futime, fustat) ~ age + ecog.ps, ovarian))
OVARIAN_ZPH = (0.856, 2.545)
#: coefficient of age and its error
OVARIAN_COX_AGE = (0.1616, 0.0497)

# Freireich et al., the pairs in the order of their trial: placebo, 6-MP, whether 6-MP relapsed.
PAIRS = [
    *[(1, 10, 1), (22, 7, 1), (3, 32, 0), (12, 23, 1), (8, 22, 1), (17, 6, 1), (2, 16, 1)],
    *[(11, 34, 0), (8, 32, 0), (12, 25, 0), (2, 11, 0), (5, 20, 0), (4, 19, 0), (15, 6, 1)],
    *[(8, 17, 0), (23, 35, 0), (5, 6, 1), (11, 13, 1), (4, 9, 0), (1, 6, 0), (8, 10, 0)],
]
#: coefficient of placebo and its error, as MASS::gehan gives them
FREIREICH_COX = {"efron": (1.572, 0.4124), "breslow": (1.509, 0.4096)}

CHEMOTHERAPY = [
    *[(8, 12), (0, 5), (30, 34), (0, 22), (5, 8), (13, inf), (24, 31), (12, 20), (10, 17)],
    *[(17, 27), (11, inf), (8, 21), (17, 23), (33, 40), (4, 9), (24, 30), (31, inf), (11, inf)],
    *[(16, 24), (13, 39), (14, 19), (13, inf), (19, 32), (4, 8), (11, 13), (34, inf), (34, inf)],
    *[(16, 20), (13, inf), (30, 36), (18, 25), (16, 24), (18, 24), (17, 26), (35, inf), (16, 60)],
    *[(32, inf), (15, 22), (35, 39), (23, inf), (11, 17), (21, inf), (44, 48), (22, 32)],
    *[(11, 20), (14, 17), (10, 35), (48, inf)],
]
#: as `icfit` prints it for treatment == "RadChem"
CHEMOTHERAPY_NPMLE = {
    **{(4, 5): 0.0433, (5, 8): 0.0433, (11, 12): 0.0692, (16, 17): 0.1454, (18, 19): 0.1411},
    **{(19, 20): 0.1157, (24, 25): 0.0999, (30, 31): 0.0709, (35, 36): 0.1608},
    **{(44, 48): 0.0552, (48, 60): 0.0552},
}
COSMETIC_SCORE, COSMETIC_Z, COSMETIC_P = -9.141846, -2.6684, 0.007622

MAINTAINED_WEEKS = [9, 13, 13, 18, 23, 28, 31, 34, 45, 48, 161]
MAINTAINED_RELAPSED = [1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0]
NONMAINTAINED_WEEKS = [5, 5, 8, 8, 12, 16, 23, 27, 30, 33, 43, 45]
NONMAINTAINED_RELAPSED = [1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1]
#: week: survival, standard error
MAINTAINED_SURVFIT = {
    **{9: (0.909, 0.0867), 13: (0.818, 0.1163), 18: (0.716, 0.1397), 23: (0.614, 0.1526)},
    **{31: (0.491, 0.1642), 34: (0.368, 0.1627), 48: (0.184, 0.1535)},
}
NONMAINTAINED_SURVFIT = {
    **{5: (0.8333, 0.1076), 8: (0.6667, 0.1361), 12: (0.5833, 0.1423), 23: (0.4861, 0.1481)},
    **{27: (0.3889, 0.1470), 30: (0.2917, 0.1387), 33: (0.1944, 0.1219), 43: (0.0972, 0.0919)},
}
#: median and both ends of its interval, None where not reached; mean to the last time, its error
MAINTAINED_MEDIAN, MAINTAINED_RMEAN = (31, 13, None), (52.6, 19.83)
NONMAINTAINED_MEDIAN, NONMAINTAINED_RMEAN = (23, 5, 33), (22.7, 4.18)
AML_LOGRANK = (3.4, 0.0653)
#: coefficient of Nonmaintained, its error, both log-likelihoods
AML_COX = (0.9155, 0.5119, -42.72484, -41.03262)
OVARIAN_LOGRANK = (1.06, 0.303)

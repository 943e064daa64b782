"""Scores of liver function from laboratory values: ALBI and MELD."""

from __future__ import annotations

import math

from pipeline.measurement import Inputs
from pipeline.measures.derived.deriving import Derived, FormulaWords
from pipeline.measures.derived.terms import collect, evaluate, positive, recorded

BILIRUBIN_UMOL_PER_MG_DL = 17.104
"""Molar mass of bilirubin 584.66 g/mol: 1 mg/dL is 17.104 umol/L."""
CREATININE_CAP_MG_DL = 4.0
MELD_FLOOR = 1.0
"""Each term of MELD is at least 1, creatinine at most 4 mg/dL (Kamath 2001, as used for allocation)."""


def derive_liver_function(inputs: Inputs, formulas: FormulaWords) -> Derived:
    """Return ``albi_score`` and ``meld_score``, both without unit and without interval."""
    bilirubin, albumin, inr, creatinine = (
        recorded(inputs.study, name) for name in ("bilirubin_total_mg_dl", "albumin_g_l", "inr", "creatinine_mg_dl")
    )
    albi = evaluate(
        "albi_score",
        "1",
        albi_score,
        (bilirubin, albumin),
        "0.66 log10(bilirubin in umol/L) - 0.085 albumin in g/L (Johnson 2015)",
        positive("bilirubin_total_mg_dl", "albumin_g_l"),
    )
    meld = evaluate(
        "meld_score",
        "1",
        meld_score,
        (bilirubin, inr, creatinine),
        "3.78 ln(bilirubin) + 11.2 ln(INR) + 9.57 ln(creatinine) + 6.43, each at least 1, creatinine at most 4 mg/dL",
        positive("bilirubin_total_mg_dl", "inr", "creatinine_mg_dl"),
    )
    return Derived(collect(albi, meld))


def albi_score(bilirubin_mg_dl: float, albumin_g_l: float) -> float:
    """Return ALBI = 0.66 log10(bilirubin, umol/L) - 0.085 albumin, g/L (Johnson, J Clin Oncol 2015;33:550)."""
    return 0.66 * math.log10(bilirubin_mg_dl * BILIRUBIN_UMOL_PER_MG_DL) - 0.085 * albumin_g_l


def meld_score(bilirubin_mg_dl: float, inr: float, creatinine_mg_dl: float) -> float:
    """Return MELD, unrounded (Kamath, Hepatology 2001;33:464)."""
    bilirubin, ratio, creatinine = (max(term, MELD_FLOOR) for term in (bilirubin_mg_dl, inr, creatinine_mg_dl))
    creatinine = min(creatinine, CREATININE_CAP_MG_DL)
    return 3.78 * math.log(bilirubin) + 11.2 * math.log(ratio) + 9.57 * math.log(creatinine) + 6.43

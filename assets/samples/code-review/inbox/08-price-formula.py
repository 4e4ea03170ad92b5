"""Price formulas that the sales team types into the form."""


def price(formula, weight, distance):
    names = {"weight": weight, "distance": distance}
    return round(eval(formula, {}, names), 2)


def check(formula):
    try:
        price(formula, 1.0, 1.0)
    except SyntaxError as error:
        return str(error)
    return ""

"""The timelines and the takeoff behind AI 2027 (Kokotajlo, Lifland and others, April 2025; timelines anew in May 2025).

`growth` is how long doublings of the time horizon take, `pace` how fast AI R&D goes meanwhile, `timelines` the dates of
a superhuman coder that follow, `takeoff` what comes after it. `quantities` lists what is uncertain, with the priors of
Eli Lifland in both editions.
"""

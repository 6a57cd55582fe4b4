"""`tomma bench forecast`: is the forecast's probability one, and is it better than simpler rules?"""

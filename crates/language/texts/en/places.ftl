# The places to look at.

places-title = Places to look at
places-title-none = Places that spoke against “No DR”
places-nothing = No place stands out: no part of the picture by itself speaks for { $grade }.
places-nothing-none = No place stands out: nothing in the picture spoke against “No DR”.
places-introduction = Where the evidence for { $grade } lies, by { $method }. A place may or may not hold a lesion.
places-introduction-none = Where the little evidence against it lies, by { $method }. A place may or may not hold a lesion.
place-disc-diameters = { $diameters } disc diameters
place-share-of-field = { $percent } % of the field
place-speaks-for = speaks for { $grade }
place-matters-little = matters little
places-change = Without { $places } the grade would be { $grade }.
places-no-change =
    { $count ->
        [one] Without this place the grade would still be { $grade } or worse.
       *[other] Without all of these places the grade would still be { $grade } or worse.
    }
places-named-none = nothing
places-named-one = place { $number }
places-named = places { $others } and { $last }
places-pending = Being computed…
places-evidence = { $share } of the evidence
places-across = { $size } across
places-by-itself = , by itself { $weight }
places-without-pending = being computed
places-without-alternative = The field of view with { $places } filled in from around
places-without = without { $places }: { $grade }


namespace RigKafka.IntegrationTests.Faults;

/// <summary>Compares everything that was published, and how that was answered, with everything that every stream saw.</summary>
internal static class HistoryChecker
{
    /// <param name="published">One entry for each user and number; a publisher goes on to the next number once the last is decided.</param>
    /// <param name="heard">Streams that were open from before the first message until after the last.</param>
    public static HistoryReport Check(IReadOnlyCollection<Publication> published, IReadOnlyCollection<Hearing> heard)
    {
        var publications = published.ToDictionary(publication => (publication.User, publication.Number));
        List<string> lost = [], twice = [], outOfOrder = [], forbidden = [];
        foreach (var (user, numbers) in heard)
        {
            var times = new Dictionary<int, int>();
            var highest = -1;
            foreach (var number in numbers)
            {
                times[number] = times.GetValueOrDefault(number) + 1;
                if (number < highest && times[number] == 1)
                {
                    outOfOrder.Add($"{user}/{number}");
                }

                highest = Math.Max(highest, number);
            }

            foreach (var (number, count) in times)
            {
                var publication = publications.GetValueOrDefault((user, number));
                if (publication is null || publication.MayNotArrive)
                {
                    forbidden.Add($"{user}/{number}");
                }
                else if (count > 1 && !publication.MayArriveTwice)
                {
                    twice.Add($"{user}/{number}");
                }
            }

            lost.AddRange(published.Where(each => each.User == user && each.HasToArrive && !times.ContainsKey(each.Number)).Select(each => $"{user}/{each.Number}"));
        }

        return new HistoryReport(published.Count(publication => publication.HasToArrive), heard.Sum(each => each.Numbers.Count), lost, twice, outOfOrder, forbidden);
    }
}

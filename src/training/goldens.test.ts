import { openNodeTensors } from '../gpu/nodeTensors.ts';
import { testLearners } from '../test/trainingGoldens.ts';

testLearners(openNodeTensors);
